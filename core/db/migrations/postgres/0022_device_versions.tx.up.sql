-- The version of an installed driver that a device is pinned to; none: the driver
-- that the program brings along.
alter table devices add column driver_version text;
