-- What rules give besides money, what sets them off, and draws with their prizes.

-- The name by which a rule's configuration knows a design of coupons, a gift.
alter table coupon_definitions add column code text;
create unique index ux_coupon_definitions_code on coupon_definitions (merchant_id, code);
alter table gifts add column code text;
create unique index ux_gifts_code on gifts (merchant_id, code);

-- Who brought a member; sale_id is the member's first sale.
create table member_referrals (
  merchant_id text not null,
  member_id   text not null,
  referrer_id text not null,
  at          integer not null,
  sale_id     text,
  sale_at     integer not null default 0,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members,
  foreign key (merchant_id, referrer_id) references members,
  constraint ck_member_referrals_referrer_id check (referrer_id <> member_id)
);
create index ix_member_referrals_referrer on member_referrals (merchant_id, referrer_id, at);

-- One a business date; streak counts the days in a row.
create table check_ins (
  merchant_id text not null,
  member_id   text not null,
  date        text not null,
  shop_id     text not null,
  streak      integer not null,
  at          integer not null,
  primary key (merchant_id, member_id, date),
  foreign key (merchant_id, member_id) references members,
  constraint ck_check_ins_streak check (streak >= 1)
);

-- What was given. Points, money, visits and coupons stand in their own books; of
-- gifts and chances used says how many were fetched or played.
create table grants (
  merchant_id   text not null references merchants,
  id            text not null,
  member_id     text not null,
  shop_id       text not null,
  source        text not null,
  source_id     text not null,
  line_id       text,
  kind          text not null,
  ref           text not null default '',
  target_id     text,
  count         integer not null default 0,
  amount        integer not null default 0,
  used          integer not null default 0,
  taken_back    integer not null default 0,
  kept          integer not null default 0,
  valid_until   integer not null default 0,
  pack_id       text not null default '',
  pack_version  text not null default '',
  code          text not null default '',
  arg           integer not null default 0,
  money         integer not null default 0,
  label         text not null default '',
  business_date text not null,
  at            integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, member_id) references members,
  constraint ck_grants_source check (source in ('sale', 'trigger', 'draw', 'manual')),
  constraint ck_grants_kind check (kind in ('points', 'money', 'coupon', 'visits', 'gift', 'message', 'chances')),
  constraint ck_grants_used check (used >= 0 and taken_back >= 0 and used + taken_back <= count)
);
create index ix_grants_member on grants (merchant_id, member_id, id);
create index ix_grants_source on grants (merchant_id, source_id);

create table grant_coupons (
  merchant_id text not null,
  coupon_id   text not null,
  grant_id    text not null,
  primary key (merchant_id, coupon_id),
  foreign key (merchant_id, grant_id) references grants
);
create index ix_grant_coupons_grant on grant_coupons (merchant_id, grant_id);

-- Lines of sales that fetched what was granted.
create table grant_uses (
  merchant_id text not null,
  line_id     text not null,
  grant_id    text not null,
  sale_id     text not null,
  count       integer not null,
  primary key (merchant_id, line_id),
  foreign key (merchant_id, grant_id) references grants
);

-- One run of one pack over one event, once and never again.
create table trigger_runs (
  merchant_id   text not null references merchants,
  id            text not null,
  pack_id       text not null,
  event_key     text not null,
  event_kind    text not null,
  member_id     text not null,
  shop_id       text not null,
  business_date text not null,
  outcome       text not null,
  grants        integer not null default 0,
  pack_version  text not null,
  module_hash   text not null,
  config_hash   text not null,
  fuel          integer not null,
  input         blob,
  output        blob,
  at            integer not null,
  primary key (merchant_id, id)
);
create unique index ux_trigger_runs_pack_id_event_key on trigger_runs (merchant_id, pack_id, event_key);
create index ix_trigger_runs_member on trigger_runs (merchant_id, member_id, id);

-- How often triggers gave something on a date: to a member, and (subject = the
-- merchant) to all.
create table trigger_days (
  merchant_id text not null,
  date        text not null,
  subject_id  text not null,
  runs        integer not null,
  most        integer not null,
  primary key (merchant_id, date, subject_id),
  constraint ck_trigger_days_runs check (runs <= most)
);

-- How far triggers have come: the last event, the last date of birthdays and lapses.
create table trigger_cursors (
  merchant_id text not null references merchants,
  seq         integer not null,
  date        text not null default '',
  primary key (merchant_id)
);

-- What a shop has put into a pack's draw; stock -1 has no limit.
create table prizes (
  merchant_id text not null,
  shop_id     text not null,
  pack_id     text not null,
  code        text not null,
  stock       integer not null,
  drawn       integer not null default 0,
  updated_at  integer not null,
  primary key (merchant_id, shop_id, pack_id, code),
  foreign key (merchant_id, shop_id) references shops,
  constraint ck_prizes_drawn check (drawn >= 0 and (stock < 0 or drawn <= stock))
);

-- A draw with all that it takes to play it again.
create table draws (
  merchant_id   text not null references merchants,
  id            text not null,
  shop_id       text not null,
  member_id     text not null,
  chance_id     text not null,
  pack_id       text not null,
  pack_version  text not null,
  module_hash   text not null,
  config_hash   text not null,
  seed          text not null,
  prize         text not null default '',
  outcome       text not null,
  fuel          integer not null,
  input         blob,
  output        blob,
  business_date text not null,
  at            integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, chance_id) references grants
);
create index ix_draws_member on draws (merchant_id, member_id, id);
