-- What is printed beyond the plain receipt: the template of a shop's receipts,
-- tickets for where things are prepared, labels.

create table receipt_templates (
  merchant_id text not null references merchants,
  shop_id     text not null,
  body        text not null,
  logo_hash   text not null default '',
  updated_at  integer not null,
  primary key (merchant_id, shop_id),
  foreign key (merchant_id, shop_id) references shops
);

-- Pictures by the hash of their content; a picture that no template names any
-- more stays for the next that does.
create table receipt_logos (
  merchant_id text not null references merchants,
  hash        text not null,
  type        text not null,
  width       integer not null,
  height      integer not null,
  data        blob not null,
  created_at  integer not null,
  primary key (merchant_id, hash)
);

-- A print job names a sale, or what else it is of: a ticket, a line of labels.
create table print_jobs_new (
  merchant_id text not null,
  id          text not null,
  device_id   text not null,
  register_id text,
  sale_id     text,
  kind        text not null,
  state       text not null,
  attempt     integer not null default 0,
  copy_no     integer not null default 0,
  reason      text not null default '',
  run_at      integer not null,
  lease_until integer not null default 0,
  created_at  integer not null,
  updated_at  integer not null,
  ref_id      text,
  primary key (merchant_id, id),
  constraint ck_print_jobs_subject check (sale_id is not null or ref_id is not null)
);
insert into print_jobs_new (merchant_id, id, device_id, register_id, sale_id, kind, state, attempt, copy_no, reason, run_at, lease_until, created_at, updated_at)
  select merchant_id, id, device_id, register_id, sale_id, kind, state, attempt, copy_no, reason, run_at, lease_until, created_at, updated_at from print_jobs;
drop table print_jobs;
alter table print_jobs_new rename to print_jobs;
create index ix_print_jobs_due on print_jobs (run_at) where state in ('queued', 'claimed', 'sending', 'failed');
create index ix_print_jobs_sale on print_jobs (merchant_id, sale_id);

create table prep_stations (
  merchant_id text not null references merchants,
  id          text not null,
  shop_id     text not null,
  name        text not null,
  archived    boolean not null default false,
  created_at  integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops
);
create unique index ux_prep_stations_shop_id_name on prep_stations (merchant_id, shop_id, name) where not archived;

create table prep_station_devices (
  merchant_id text not null,
  station_id  text not null,
  device_id   text not null,
  primary key (merchant_id, station_id, device_id),
  foreign key (merchant_id, station_id) references prep_stations,
  foreign key (merchant_id, device_id) references devices
);

-- Which station prepares a category or a SKU of a shop; a SKU's own route goes
-- before its category's, and one without a station says "nowhere".
create table prep_routes (
  merchant_id text not null,
  shop_id     text not null,
  kind        text not null,
  ref         text not null,
  station_id  text,
  primary key (merchant_id, shop_id, kind, ref),
  foreign key (merchant_id, station_id) references prep_stations,
  constraint ck_prep_routes_kind check (kind in ('category', 'sku'))
);

-- order_id is what the lines are of: an order that is still open, or the sale.
create table prep_tickets (
  merchant_id text not null references merchants,
  id          text not null,
  station_id  text not null,
  shop_id     text not null,
  register_id text not null,
  order_id    text not null,
  sale_id     text,
  title       text not null,
  place       text not null default '',
  at          integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, station_id) references prep_stations
);
create index ix_prep_tickets_order on prep_tickets (merchant_id, order_id);

-- Every operation on an order's line, signed, append-only: what a station was
-- told of a line is their sum. seq counts a line's operations, so that two who
-- add up at once cannot both send.
create table prep_ticket_lines (
  merchant_id text not null,
  ticket_id   text not null,
  no          integer not null,
  line_id     text not null,
  seq         integer not null,
  station_id  text not null,
  sku_id      text,
  name        text not null,
  quantity    integer not null,
  note        text not null default '',
  primary key (merchant_id, ticket_id, no),
  foreign key (merchant_id, ticket_id) references prep_tickets,
  constraint ck_prep_ticket_lines_quantity check (quantity <> 0)
);
create unique index ux_prep_ticket_lines_line_id_seq on prep_ticket_lines (merchant_id, line_id, seq);

create table label_designs (
  merchant_id text not null references merchants,
  id          text not null,
  name        text not null,
  body        text not null,
  archived    boolean not null default false,
  created_at  integer not null,
  primary key (merchant_id, id)
);
create unique index ux_label_designs_name on label_designs (merchant_id, name) where not archived;

create table label_batches (
  merchant_id text not null references merchants,
  id          text not null,
  shop_id     text not null,
  device_id   text not null,
  design      text not null,
  labels      integer not null,
  created_at  integer not null,
  actor_id    text,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops,
  foreign key (merchant_id, device_id) references devices
);

-- What is on the label, as it was when it was asked for.
create table label_lines (
  merchant_id text not null,
  id          text not null,
  batch_id    text not null,
  no          integer not null,
  sku_id      text not null,
  copies      integer not null,
  body        text not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, batch_id) references label_batches,
  constraint ck_label_lines_copies check (copies > 0)
);
create index ix_label_lines_batch on label_lines (merchant_id, batch_id, no);
