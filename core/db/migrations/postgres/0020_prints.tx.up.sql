-- What is printed beyond the plain receipt: the template of a shop's receipts,
-- tickets for where things are prepared, labels.

create table receipt_templates (
  merchant_id uuid not null references merchants,
  shop_id     uuid not null,
  body        text not null,
  logo_hash   text not null default '',
  updated_at  bigint not null,
  primary key (merchant_id, shop_id),
  foreign key (merchant_id, shop_id) references shops
);

-- Pictures by the hash of their content; a picture that no template names any
-- more stays for the next that does.
create table receipt_logos (
  merchant_id uuid not null references merchants,
  hash        text not null,
  type        text not null,
  width       bigint not null,
  height      bigint not null,
  data        bytea not null,
  created_at  bigint not null,
  primary key (merchant_id, hash)
);

-- A print job names a sale, or what else it is of: a ticket, a line of labels.
alter table print_jobs alter column sale_id drop not null;
alter table print_jobs alter column register_id drop not null;
alter table print_jobs add column ref_id uuid;
alter table print_jobs add constraint ck_print_jobs_subject check (sale_id is not null or ref_id is not null);

create table prep_stations (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  shop_id     uuid not null,
  name        text not null,
  archived    boolean not null default false,
  created_at  bigint not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops
);
create unique index ux_prep_stations_shop_id_name on prep_stations (merchant_id, shop_id, name) where not archived;

create table prep_station_devices (
  merchant_id uuid not null,
  station_id  uuid not null,
  device_id   uuid not null,
  primary key (merchant_id, station_id, device_id),
  foreign key (merchant_id, station_id) references prep_stations,
  foreign key (merchant_id, device_id) references devices
);

-- Which station prepares a category or a SKU of a shop; a SKU's own route goes
-- before its category's, and one without a station says "nowhere".
create table prep_routes (
  merchant_id uuid not null,
  shop_id     uuid not null,
  kind        text not null,
  ref         text not null,
  station_id  uuid,
  primary key (merchant_id, shop_id, kind, ref),
  foreign key (merchant_id, station_id) references prep_stations,
  constraint ck_prep_routes_kind check (kind in ('category', 'sku'))
);

-- order_id is what the lines are of: an order that is still open, or the sale.
create table prep_tickets (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  station_id  uuid not null,
  shop_id     uuid not null,
  register_id uuid not null,
  order_id    uuid not null,
  sale_id     uuid,
  title       text not null,
  place       text not null default '',
  at          bigint not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, station_id) references prep_stations
);
create index ix_prep_tickets_order on prep_tickets (merchant_id, order_id);

-- Every operation on an order's line, signed, append-only: what a station was
-- told of a line is their sum. seq counts a line's operations, so that two who
-- add up at once cannot both send.
create table prep_ticket_lines (
  merchant_id uuid not null,
  ticket_id   uuid not null,
  no          bigint not null,
  line_id     uuid not null,
  seq         bigint not null,
  station_id  uuid not null,
  sku_id      uuid,
  name        text not null,
  quantity    bigint not null,
  note        text not null default '',
  primary key (merchant_id, ticket_id, no),
  foreign key (merchant_id, ticket_id) references prep_tickets,
  constraint ck_prep_ticket_lines_quantity check (quantity <> 0)
);
create unique index ux_prep_ticket_lines_line_id_seq on prep_ticket_lines (merchant_id, line_id, seq);

create table label_designs (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  name        text not null,
  body        text not null,
  archived    boolean not null default false,
  created_at  bigint not null,
  primary key (merchant_id, id)
);
create unique index ux_label_designs_name on label_designs (merchant_id, name) where not archived;

create table label_batches (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  shop_id     uuid not null,
  device_id   uuid not null,
  design      text not null,
  labels      bigint not null,
  created_at  bigint not null,
  actor_id    uuid,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops,
  foreign key (merchant_id, device_id) references devices
);

-- What is on the label, as it was when it was asked for.
create table label_lines (
  merchant_id uuid not null,
  id          uuid not null,
  batch_id    uuid not null,
  no          bigint not null,
  sku_id      uuid not null,
  copies      bigint not null,
  body        text not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, batch_id) references label_batches,
  constraint ck_label_lines_copies check (copies > 0)
);
create index ix_label_lines_batch on label_lines (merchant_id, batch_id, no);
