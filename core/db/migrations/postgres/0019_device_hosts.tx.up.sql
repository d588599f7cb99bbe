-- A device host runs the drivers of devices that stand elsewhere than the server.
-- The codes are found without their merchant: whoever types one names no merchant.
create table device_hosts (
  merchant_id  uuid not null references merchants,
  id           uuid not null,
  shop_id      uuid not null,
  name         text not null,
  code_hash    text,
  code_until   bigint not null default 0,
  token_hash   text,
  version      text not null default '',
  platform     text not null default '',
  created_at   bigint not null,
  paired_at    bigint not null default 0,
  last_seen_at bigint not null default 0,
  revoked_at   bigint not null default 0,
  primary key (merchant_id, id),
  constraint ck_device_hosts_code check (code_hash is null or code_until > 0),
  constraint ck_device_hosts_revoked check (revoked_at = 0 or code_hash is null)
);
create unique index ux_device_hosts_token_hash on device_hosts (merchant_id, token_hash);
create index ix_device_hosts_code on device_hosts (code_hash) where code_hash is not null;

alter table devices add column host_id uuid;
create index ix_devices_host on devices (merchant_id, host_id) where host_id is not null;

-- What a host has in hand is its own until it is settled. seq is the number of what
-- it told of the job last; until is not 0 where the host was shut out.
create table device_host_jobs (
  merchant_id uuid not null,
  job_id      uuid not null,
  host_id     uuid not null,
  seq         bigint not null default 0,
  until       bigint not null default 0,
  primary key (merchant_id, job_id),
  foreign key (merchant_id, host_id) references device_hosts
);
create index ix_device_host_jobs_host on device_host_jobs (merchant_id, host_id);
