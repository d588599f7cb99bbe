-- What points buy: gifts. on_hand is a gift's own count; null where the stock of
-- its SKU counts, or where nothing is counted.
create table gifts (
  merchant_id text not null references merchants,
  id          text not null,
  name        text not null,
  sku_id      text,
  points      integer not null,
  money       integer not null default 0,
  on_hand     integer,
  taken       integer not null default 0,
  per_member  integer not null default 0,
  valid_from  integer not null default 0,
  valid_until integer not null default 0,
  archived    boolean not null default false,
  version     integer not null default 1,
  created_at  integer not null,
  updated_at  integer not null,
  primary key (merchant_id, id),
  constraint ck_gifts_on_hand check (on_hand >= 0),
  constraint ck_gifts_taken check (taken >= 0)
);

-- How many of a gift a member has. most is the limit when the last was taken:
-- the row itself refuses one too many, whatever two registers saw before.
create table gift_members (
  merchant_id text not null,
  gift_id     text not null,
  member_id   text not null,
  taken       integer not null,
  most        integer not null,
  primary key (merchant_id, gift_id, member_id),
  foreign key (merchant_id, gift_id) references gifts,
  constraint ck_gift_members_taken check (taken >= 0 and (most = 0 or taken <= most))
);

-- One row for each sale line that hands gifts out; back is what returned of it.
create table gift_redemptions (
  merchant_id text not null,
  id          text not null,
  gift_id     text not null,
  member_id   text not null,
  sale_id     text not null,
  line_id     text not null,
  quantity    integer not null,
  back        integer not null default 0,
  points      integer not null,
  at          integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, gift_id) references gifts,
  constraint ck_gift_redemptions_back check (back >= 0 and back <= quantity)
);
create unique index ux_gift_redemptions_sale_id_line_id on gift_redemptions (merchant_id, sale_id, line_id);
create index ix_gift_redemptions_gift on gift_redemptions (merchant_id, gift_id, id);

-- Where a member stands with the tier policy; dates are business dates, '' none.
create table tier_states (
  merchant_id text not null,
  member_id   text not null,
  proposed    text not null default '',
  below_since text not null default '',
  grace_until text not null default '',
  held_until  text not null default '',
  review_on   text not null,
  reviewed_at integer not null default 0,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members
);
create index ix_tier_states_review on tier_states (merchant_id, review_on, member_id);

-- How far a merchant's members have been entered into tier_states.
create table tier_reviews (
  merchant_id text not null references merchants,
  entered_to  text not null,
  primary key (merchant_id)
);

-- Who moved a member by hand, and until when it holds.
alter table tier_history add column actor_id text;
alter table tier_history add column held_until text not null default '';
