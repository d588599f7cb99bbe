-- Online shops: their channels, what each sells, the orders they told of and what
-- became of them. Nothing here says who a buyer is or where a parcel goes.

-- id is the connector's device. cursor: what has been told and is kept here.
create table online_channels (
  merchant_id text not null references merchants,
  id          text not null,
  code        text not null,
  shop_id     text not null,
  register_id text not null,
  buffer      integer not null default 0,
  cursor      text not null default '',
  lease_by    text not null default '',
  lease_until integer not null default 0,
  polled_at   integer not null default 0,
  failure     text not null default '',
  resync      boolean not null default true,
  created_at  integer not null,
  primary key (merchant_id, id),
  constraint ck_online_channels_buffer check (buffer >= 0)
);
create unique index ux_online_channels_code on online_channels (merchant_id, code);

-- A code without a SKU waits for somebody to say what it is. pushed: null until
-- the channel has been told a figure.
create table online_items (
  merchant_id text not null,
  channel_id  text not null,
  code        text not null,
  name        text not null default '',
  sku_id      text,
  pushed      integer,
  pushed_at   integer not null default 0,
  created_at  integer not null,
  primary key (merchant_id, channel_id, code),
  foreign key (merchant_id, channel_id) references online_channels
);
create index ix_online_items_sku_id on online_items (merchant_id, sku_id);

-- told: what the channel says; stage: what became of it here. due: something is to
-- be done, not before try_at.
create table online_orders (
  merchant_id     text not null,
  id              text not null,
  channel_id      text not null,
  order_no        text not null,
  version         integer not null,
  told            text not null,
  stage           text not null default 'received',
  attention       text not null default '',
  currency        text not null,
  paid            integer not null,
  shipping        integer not null default 0,
  discount        integer not null default 0,
  refunded        integer not null default 0,
  buyer           text not null default '',
  placed_at       integer not null,
  paid_at         integer not null default 0,
  received_at     integer not null,
  updated_at      integer not null,
  sale_id         text,
  booked_at       integer not null default 0,
  packed_at       integer not null default 0,
  shipped_at      integer not null default 0,
  carrier         text not null default '',
  tracking        text not null default '',
  ship_pushed     boolean not null default false,
  decision        text not null default '',
  decision_pushed boolean not null default false,
  due             boolean not null default true,
  tries           integer not null default 0,
  try_at          integer not null default 0,
  failure         text not null default '',
  primary key (merchant_id, id),
  foreign key (merchant_id, channel_id) references online_channels,
  foreign key (merchant_id, sale_id) references sales,
  constraint ck_online_orders_told check (told in ('placed', 'paid', 'cancelled', 'refund_requested', 'refunded')),
  constraint ck_online_orders_stage check (stage in ('received', 'waiting', 'booked', 'shipped', 'closed')),
  constraint ck_online_orders_booked check (stage not in ('booked', 'shipped') or sale_id is not null),
  constraint ck_online_orders_amounts check (paid >= 0 and shipping >= 0 and discount >= 0 and refunded >= 0)
);
create unique index ux_online_orders_channel_id_order_no on online_orders (merchant_id, channel_id, order_no);
create unique index ux_online_orders_sale_id on online_orders (merchant_id, sale_id);
create index ix_online_orders_due on online_orders (merchant_id, channel_id, try_at) where due;
create index ix_online_orders_attention on online_orders (merchant_id, id) where attention <> '';

-- short: sold and not on the shelf when it was booked.
create table online_order_lines (
  merchant_id  text not null,
  order_id     text not null,
  no           integer not null,
  line_ref     text not null default '',
  code         text not null,
  name         text not null default '',
  quantity     integer not null,
  unit_price   integer not null,
  discount     integer not null default 0,
  refunded     integer not null default 0,
  sku_id       text,
  sale_line_id text,
  short        integer not null default 0,
  primary key (merchant_id, order_id, no),
  foreign key (merchant_id, order_id) references online_orders,
  constraint ck_online_order_lines_quantity check (quantity > 0 and refunded >= 0 and refunded <= quantity),
  constraint ck_online_order_lines_short check (short >= 0 and short <= quantity)
);
create index ix_online_order_lines_sku_id on online_order_lines (merchant_id, sku_id) where short > 0;

-- Each version of an order counts once, also one that came too late to matter.
create table online_order_versions (
  merchant_id text not null,
  channel_id  text not null,
  order_no    text not null,
  version     integer not null,
  told        text not null,
  content     text not null,
  received_at integer not null,
  primary key (merchant_id, channel_id, order_no, version)
);

-- Which member a buyer is, by a hash of the channel's own name for the buyer.
create table online_buyers (
  merchant_id text not null,
  channel_id  text not null,
  buyer       text not null,
  member_id   text not null,
  linked_at   integer not null,
  primary key (merchant_id, channel_id, buyer)
);
create index ix_online_buyers_member_id on online_buyers (merchant_id, member_id);

-- Refunds that the shop has made and the channel has to pay out.
create table online_refunds (
  merchant_id text not null,
  order_id    text not null,
  refund_id   text not null,
  state       text not null default 'due',
  reason      text not null default '',
  created_at  integer not null,
  primary key (merchant_id, order_id, refund_id),
  foreign key (merchant_id, order_id) references online_orders,
  foreign key (merchant_id, refund_id) references sales,
  constraint ck_online_refunds_state check (state in ('due', 'done', 'refused'))
);
