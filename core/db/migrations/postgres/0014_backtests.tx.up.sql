-- Packs tried on past sales. A run keeps what it has found up to its cursor
-- (day, after_id), so that it goes on where a stop of the program cut it off;
-- claim fences out a runner that was believed dead.
create table backtests (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  pack_id     text not null,
  state       text not null,
  spec        text not null,
  sales       bigint not null default 0,
  done        bigint not null default 0,
  day         text not null default '',
  after_id    uuid,
  claim       bigint not null default 0,
  partial     bytea,
  result      bytea,
  reason      text not null default '',
  created_at  bigint not null,
  created_by  uuid,
  started_at  bigint not null default 0,
  ended_at    bigint not null default 0,
  primary key (merchant_id, id),
  constraint ck_backtests_state check (state in ('queued', 'running', 'done', 'failed', 'cancelled'))
);
create index ix_backtests_pack on backtests (merchant_id, pack_id, id);

-- Packs that run beside the live ones. seq is the last event that was looked at.
create table shadows (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  shop_id     uuid not null,
  pack_id     text not null,
  version     text not null,
  config      text not null,
  priority    bigint not null default 0,
  state       text not null,
  seq         bigint not null,
  figures     text not null default '',
  reason      text not null default '',
  created_at  bigint not null,
  created_by  uuid,
  ended_at    bigint not null default 0,
  looked_at   bigint not null default 0,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops,
  constraint ck_shadows_state check (state in ('on', 'off'))
);
create unique index ux_shadows_shop_id_pack_id on shadows (merchant_id, shop_id, pack_id) where state = 'on';
create index ix_shadows_pack on shadows (merchant_id, pack_id, id);

-- Sales that a shadow would have priced otherwise; the newest of each are kept.
create table shadow_differences (
  merchant_id uuid not null,
  id          uuid not null,
  shadow_id   uuid not null,
  sale_id     uuid not null,
  at          bigint not null,
  difference  text not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, shadow_id) references shadows
);
create unique index ux_shadow_differences_shadow_id_sale_id on shadow_differences (merchant_id, shadow_id, sale_id);

create index ix_shadow_differences_shadow on shadow_differences (merchant_id, shadow_id, id);

-- Nightly: recorded calls run once more and compared by byte.
create table rule_replays (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  day         text not null,
  sales       bigint not null,
  calls       bigint not null,
  same        bigint not null,
  differing   bigint not null,
  unavailable bigint not null,
  figures     text not null,
  at          bigint not null,
  primary key (merchant_id, id)
);
create unique index ux_rule_replays_day on rule_replays (merchant_id, day);

create table rule_replay_differences (
  merchant_id  uuid not null,
  replay_id    uuid not null,
  no           bigint not null,
  sale_id      uuid not null,
  call_no      bigint not null,
  hook         text not null,
  pack_id      text not null,
  pack_version text not null,
  module_hash  text not null,
  why          text not null,
  fuel_then    bigint not null,
  fuel_now     bigint not null,
  hash_then    text not null,
  hash_now     text not null,
  primary key (merchant_id, replay_id, no),
  foreign key (merchant_id, replay_id) references rule_replays
);
