-- Gift cards. What one still holds is an account of owner kind gift_card whose
-- owner is the card's id; face and price stand beside each other for good.
create table gift_cards (
  merchant_id     text not null,
  id              text not null,
  number          text not null,
  state           text not null,
  currency        text not null,
  face            integer not null,
  price           integer not null,
  sale_id         text,
  line_id         text,
  shop_id         text not null,
  buyer_member_id text,
  pin_hash        text not null default '',
  pin_failures    integer not null default 0,
  issued_at       integer not null,
  expires_at      integer,
  reason          text not null default '',
  changed_at      integer not null,
  primary key (merchant_id, id),
  constraint ck_gift_cards_face check (face > 0 and price >= 0)
);
create unique index ux_gift_cards_number on gift_cards (merchant_id, number);
create index ix_gift_cards_sale on gift_cards (merchant_id, sale_id);
create index ix_gift_cards_buyer on gift_cards (merchant_id, buyer_member_id);

-- Who stopped a member's wallet and who let it go again, and why.
create table wallet_freezes (
  merchant_id    text not null,
  id             text not null,
  member_id      text not null,
  reason         text not null,
  frozen_at      integer not null,
  frozen_by      text,
  restored_at    integer,
  restored_by    text,
  restore_reason text not null default '',
  primary key (merchant_id, id)
);
create unique index ux_wallet_freezes_member_id on wallet_freezes (merchant_id, member_id) where restored_at is null;

-- What a person did to a wallet outside a sale, with the reason that was given.
create table wallet_operations (
  merchant_id     text not null,
  entry_id        text not null,
  kind            text not null,
  member_id       text not null,
  other_member_id text,
  reason          text not null default '',
  actor_id        text,
  at              integer not null,
  primary key (merchant_id, entry_id),
  foreign key (merchant_id, entry_id) references entries
);

create index ix_lots_group on lots (merchant_id, group_id);
create index ix_lots_expiry on lots (merchant_id, expires_at) where expires_at is not null and remaining > 0;
