-- A device host runs the drivers of devices that stand elsewhere than the server.
-- The codes are found without their merchant: whoever types one names no merchant.
create table device_hosts (
  merchant_id  text not null references merchants,
  id           text not null,
  shop_id      text not null,
  name         text not null,
  code_hash    text,
  code_until   integer not null default 0,
  token_hash   text,
  version      text not null default '',
  platform     text not null default '',
  created_at   integer not null,
  paired_at    integer not null default 0,
  last_seen_at integer not null default 0,
  revoked_at   integer not null default 0,
  primary key (merchant_id, id),
  constraint ck_device_hosts_code check (code_hash is null or code_until > 0),
  constraint ck_device_hosts_revoked check (revoked_at = 0 or code_hash is null)
);
create unique index ux_device_hosts_token_hash on device_hosts (merchant_id, token_hash);
create index ix_device_hosts_code on device_hosts (code_hash) where code_hash is not null;

alter table devices add column host_id text;
create index ix_devices_host on devices (merchant_id, host_id) where host_id is not null;

-- What a host has in hand is its own until it is settled. seq is the number of what
-- it told of the job last; until is not 0 where the host was shut out.
create table device_host_jobs (
  merchant_id text not null,
  job_id      text not null,
  host_id     text not null,
  seq         integer not null default 0,
  until       integer not null default 0,
  primary key (merchant_id, job_id),
  foreign key (merchant_id, host_id) references device_hosts
);
create index ix_device_host_jobs_host on device_host_jobs (merchant_id, host_id);
