-- Baskets that were set aside at a register; every register of the shop can take one
-- up, and it is gone then. basket: as the screen wrote it. No name of a member.
create table parked_baskets (
  merchant_id text not null references merchants,
  id          text not null,
  shop_id     text not null,
  register_id text not null,
  member_id   text,
  title       text not null,
  place       text not null default '',
  line_count  bigint not null,
  basket      text not null,
  parked_by   text,
  created_at  bigint not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, register_id) references registers
);
create index ix_parked_baskets_shop on parked_baskets (merchant_id, shop_id, created_at);
