-- What a coupon grants and under which conditions stands in a version of its
-- definition, so that a change never touches coupons already issued.
create table coupon_terms (
  merchant_id   uuid not null,
  definition_id uuid not null,
  version       integer not null,
  rate          bigint not null default 0,
  amount        bigint not null default 0,
  sku_id        uuid,
  sku_code      text not null default '',
  category      text not null default '',
  min_spend     bigint not null default 0,
  stacking      text not null default '',
  uses          bigint not null,
  per_member    bigint not null default 0,
  personal      boolean not null default false,
  shops         text not null default '',
  weekdays      integer not null default 0,
  slots         text not null default '',
  valid_after   integer not null default 0,
  valid_days    integer not null default 0,
  from_date     text not null default '',
  until_date    text not null default '',
  created_at    bigint not null,
  primary key (merchant_id, definition_id, version),
  foreign key (merchant_id, definition_id) references coupon_definitions
);
insert into coupon_terms (merchant_id, definition_id, version, rate, amount, sku_id, sku_code, category, min_spend, stacking, uses, valid_days, created_at)
  select merchant_id, id, 1, rate, amount, sku_id, sku_code, category, min_spend, stacking, uses, valid_days, created_at from coupon_definitions;
alter table coupon_definitions drop column rate;
alter table coupon_definitions drop column amount;
alter table coupon_definitions drop column sku_id;
alter table coupon_definitions drop column sku_code;
alter table coupon_definitions drop column category;
alter table coupon_definitions drop column min_spend;
alter table coupon_definitions drop column stacking;
alter table coupon_definitions drop column uses;
alter table coupon_definitions drop column valid_days;
alter table coupon_definitions add column version integer not null default 1;
alter table coupon_definitions add column remind_days integer not null default 0;
-- Counters are kept where there is a limit on them; the constraints decide races.
alter table coupon_definitions add column issue_limit bigint not null default 0;
alter table coupon_definitions add column issued bigint not null default 0;
alter table coupon_definitions add constraint ck_coupon_definitions_issued check (issued >= 0 and (issue_limit = 0 or issued <= issue_limit));
alter table coupon_definitions add column claim_code text;
alter table coupon_definitions add column claim_from bigint;
alter table coupon_definitions add column claim_until bigint;
alter table coupon_definitions add column claim_per_member bigint not null default 1;
alter table coupon_definitions add column claim_limit bigint not null default 0;
alter table coupon_definitions add column claimed bigint not null default 0;
alter table coupon_definitions add constraint ck_coupon_definitions_claimed check (claimed >= 0 and (claim_limit = 0 or claimed <= claim_limit));
create unique index ux_coupon_definitions_claim_code on coupon_definitions (merchant_id, claim_code);

-- What one member has of one definition. The ceilings are those of the coupon
-- that is being used, or of the claim that is being made.
create table coupon_members (
  merchant_id   uuid not null,
  definition_id uuid not null,
  member_id     uuid not null,
  used          bigint not null default 0,
  held          bigint not null default 0,
  ceiling       bigint not null default 9223372036854775807,
  claimed       bigint not null default 0,
  claim_ceiling bigint not null default 9223372036854775807,
  primary key (merchant_id, definition_id, member_id),
  foreign key (merchant_id, definition_id) references coupon_definitions,
  constraint ck_coupon_members_used check (used >= 0 and held >= 0 and used + held <= ceiling),
  constraint ck_coupon_members_claimed check (claimed >= 0 and claimed <= claim_ceiling)
);

create table coupon_batches (
  merchant_id   uuid not null,
  id            uuid not null,
  definition_id uuid not null,
  version       integer not null,
  kind          text not null,
  prefix        text not null default '',
  note          text not null default '',
  count         bigint not null,
  issued        bigint not null default 0,
  state         text not null,
  until         bigint,
  created_at    bigint not null,
  actor_kind    text not null default '',
  actor_id      uuid,
  ended_at      bigint,
  end_reason    text not null default '',
  primary key (merchant_id, id),
  foreign key (merchant_id, definition_id, version) references coupon_terms,
  constraint ck_coupon_batches_issued check (issued >= 0 and issued <= count)
);
create index ix_coupon_batches_definition on coupon_batches (merchant_id, definition_id, id);

create table coupon_batch_members (
  merchant_id uuid not null,
  batch_id    uuid not null,
  no          bigint not null,
  member_id   uuid not null,
  primary key (merchant_id, batch_id, no),
  foreign key (merchant_id, batch_id) references coupon_batches
);

alter table coupons add column version integer not null default 1;
alter table coupons add column batch_id uuid;
alter table coupons add column from_date text not null default '';
alter table coupons add column until_date text not null default '';
alter table coupons add column locked_member uuid;
alter table coupons add column claimed boolean not null default false;
alter table coupons add column reminded_at bigint;
alter table coupons add column void_at bigint;
alter table coupons add column void_reason text not null default '';
create index ix_coupons_definition on coupons (merchant_id, definition_id, id);
create index ix_coupons_batch on coupons (merchant_id, batch_id, id);

alter table coupon_uses add column member_id uuid;
alter table coupon_uses add column shop_id uuid;

create table coupon_moves (
  merchant_id uuid not null,
  id          uuid not null,
  coupon_id   uuid not null,
  kind        text not null,
  from_member uuid,
  to_member   uuid not null,
  at          bigint not null,
  actor_kind  text not null default '',
  actor_id    uuid,
  note        text not null default '',
  primary key (merchant_id, id),
  foreign key (merchant_id, coupon_id) references coupons
);
create index ix_coupon_moves_coupon on coupon_moves (merchant_id, coupon_id, id);
