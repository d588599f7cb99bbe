-- Every key begins with merchant_id; ids are UUIDv7; instants are microseconds
-- since 1970 (UTC); JSON is text, so that its bytes can be hashed and replayed.
-- Named constraints are the guards that core/db turns into faults; a unique
-- index is named ux_<table>_<columns but merchant_id>.

-- tenant ---------------------------------------------------------------------
create table merchants (
  merchant_id text primary key,
  handle      text not null,
  name        text not null,
  edition     text not null,
  currency    text not null,
  locale      text not null,
  created_at  integer not null
);
create unique index ux_merchants_handle on merchants (handle);

create table shops (
  merchant_id text not null references merchants,
  id          text not null,
  name        text not null,
  address     text not null default '',
  time_zone   text not null,
  cut_off     integer not null,
  primary key (merchant_id, id)
);

create table registers (
  merchant_id text not null,
  id          text not null,
  shop_id     text not null,
  name        text not null,
  series      text not null,
  next_number integer not null default 1,
  archived    boolean not null default false,
  primary key (merchant_id, id),
  foreign key (merchant_id, shop_id) references shops
);
create unique index ux_registers_series on registers (merchant_id, series);

create table settings (
  merchant_id text not null,
  scope_kind  text not null,
  scope_id    text not null,
  key         text not null,
  value       text not null,
  updated_at  integer not null,
  primary key (merchant_id, scope_kind, scope_id, key)
);

-- idempotency ----------------------------------------------------------------
create table idempotency (
  merchant_id text not null,
  key         text not null,
  route       text not null,
  body_hash   text not null,
  state       text not null,
  resource_id text,
  status      integer not null default 0,
  body        text not null default '',
  created_at  integer not null,
  primary key (merchant_id, key)
);

-- event, job -----------------------------------------------------------------
create table events (
  merchant_id text not null,
  id          text not null,
  seq         integer,
  type        text not null,
  occurred_at integer not null,
  shop_id     text,
  data        text not null,
  primary key (merchant_id, id)
);
create unique index ux_events_seq on events (merchant_id, seq);
create index ix_events_pending on events (merchant_id, id) where seq is null;

create table jobs (
  merchant_id text not null,
  id          text not null,
  kind        text not null,
  args        text not null,
  dedup       text,
  state       text not null,
  run_at      integer not null,
  lease_until integer not null default 0,
  attempts    integer not null default 0,
  last_error  text not null default '',
  created_at  integer not null,
  done_at     integer,
  primary key (merchant_id, id)
);
create index ix_jobs_due on jobs (run_at) where state in ('queued', 'running');
create unique index ux_jobs_dedup on jobs (merchant_id, dedup);

-- auth -----------------------------------------------------------------------
create table staff (
  merchant_id   text not null references merchants,
  id            text not null,
  name          text not null,
  login         text not null,
  role          text not null,
  level         text not null default '',
  password_hash text not null default '',
  pin_hash      text not null default '',
  locale        text not null default '',
  active        boolean not null default true,
  created_at    integer not null,
  primary key (merchant_id, id)
);
create unique index ux_staff_login on staff (merchant_id, login);

create table sessions (
  merchant_id text not null,
  token_hash  text not null,
  staff_id    text not null,
  register_id text,
  created_at  integer not null,
  expires_at  integer not null,
  primary key (merchant_id, token_hash)
);

create table api_keys (
  merchant_id text not null,
  id          text not null,
  name        text not null,
  key_hash    text not null,
  role        text not null,
  created_at  integer not null,
  expires_at  integer,
  revoked_at  integer,
  primary key (merchant_id, id)
);
create unique index ux_api_keys_key_hash on api_keys (merchant_id, key_hash);

create table audit_log (
  merchant_id  text not null,
  id           text not null,
  at           integer not null,
  actor_kind   text not null,
  actor_id     text,
  action       text not null,
  subject_kind text not null,
  subject_id   text not null,
  detail       text not null,
  prev_hash    text not null,
  hash         text not null,
  primary key (merchant_id, id)
);
create unique index ux_audit_log_prev_hash on audit_log (merchant_id, prev_hash);
create index ix_audit_log_at on audit_log (merchant_id, at);

-- member ---------------------------------------------------------------------
create table tiers (
  merchant_id text not null,
  code        text not null,
  name        text not null,
  rank        integer not null,
  primary key (merchant_id, code)
);

create table members (
  merchant_id  text not null references merchants,
  id           text not null,
  status       text not null,
  tier         text not null default '',
  tier_since   integer not null default 0,
  joined_at    integer not null,
  home_shop_id text,
  version      integer not null default 1,
  updated_at   integer not null,
  primary key (merchant_id, id)
);
create index ix_members_joined on members (merchant_id, joined_at, id);

-- Personal data stands here and nowhere else. sealed is JSON encrypted under the
-- member's own data key, which is wrapped by the merchant's; erasing destroys it.
create table member_private (
  merchant_id  text not null,
  member_id    text not null,
  display_name text not null,
  search_name  text not null,
  phone_index  text,
  phone_tail   text,
  birth_month  integer not null default 0,
  wrapped_key  blob,
  sealed       blob,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members
);
create unique index ux_member_private_phone_index on member_private (merchant_id, phone_index);
create index ix_member_private_tail on member_private (merchant_id, phone_tail);
create index ix_member_private_name on member_private (merchant_id, search_name);
create index ix_member_private_birth on member_private (merchant_id, birth_month);

create table member_cards (
  merchant_id text not null,
  number      text not null,
  member_id   text not null,
  kind        text not null,
  status      text not null,
  issued_at   integer not null,
  primary key (merchant_id, number),
  foreign key (merchant_id, member_id) references members
);
create index ix_member_cards_member on member_cards (merchant_id, member_id);

create table tier_history (
  merchant_id text not null,
  id          text not null,
  member_id   text not null,
  from_tier   text not null,
  to_tier     text not null,
  at          integer not null,
  sale_id     text,
  reason      text not null,
  pack_id     text not null default '',
  primary key (merchant_id, id)
);
create index ix_tier_history_member on tier_history (merchant_id, member_id, at);

-- What a member did on a business date in a shop: the source of history facts.
create table member_day (
  merchant_id text not null,
  member_id   text not null,
  date        text not null,
  shop_id     text not null,
  spend       integer not null,
  visits      integer not null,
  points      integer not null,
  primary key (merchant_id, member_id, date, shop_id)
);

-- catalog, stock -------------------------------------------------------------
create table categories (
  merchant_id text not null,
  code        text not null,
  name        text not null,
  primary key (merchant_id, code)
);

create table products (
  merchant_id text not null,
  id          text not null,
  name        text not null,
  description text not null default '',
  category    text not null default '',
  archived    boolean not null default false,
  created_at  integer not null,
  primary key (merchant_id, id)
);

create table skus (
  merchant_id  text not null,
  id           text not null,
  product_id   text not null,
  code         text not null,
  name         text not null,
  search_name  text not null,
  kind         text not null,
  category     text not null default '',
  unit_price   integer not null,
  cost         integer not null default 0,
  tax_category text not null default '',
  stocked      boolean not null default false,
  archived     boolean not null default false,
  updated_at   integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, product_id) references products,
  constraint ck_skus_price check (unit_price >= 0)
);
create unique index ux_skus_code on skus (merchant_id, code);
create index ix_skus_name on skus (merchant_id, search_name);

create table barcodes (
  merchant_id text not null,
  barcode     text not null,
  sku_id      text not null,
  primary key (merchant_id, barcode),
  foreign key (merchant_id, sku_id) references skus
);
create index ix_barcodes_sku on barcodes (merchant_id, sku_id);

create table stock_locations (
  merchant_id text not null,
  id          text not null,
  shop_id     text not null,
  name        text not null,
  primary key (merchant_id, id)
);
create unique index ux_stock_locations_shop_id on stock_locations (merchant_id, shop_id);

create table stock_levels (
  merchant_id    text not null,
  location_id    text not null,
  sku_id         text not null,
  on_hand        integer not null,
  reserved       integer not null default 0,
  allow_negative boolean not null default false,
  low_at         integer not null default 0,
  primary key (merchant_id, location_id, sku_id),
  constraint ck_stock_available check (allow_negative or on_hand >= reserved),
  constraint ck_stock_reserved check (reserved >= 0)
);

create table stock_movements (
  merchant_id text not null,
  id          text not null,
  location_id text not null,
  sku_id      text not null,
  kind        text not null,
  quantity    integer not null,
  unit_cost   integer not null default 0,
  sale_id     text,
  line_id     text,
  at          integer not null,
  actor_id    text,
  reason      text not null default '',
  primary key (merchant_id, id)
);
create index ix_stock_movements_level on stock_movements (merchant_id, location_id, sku_id, id);
create index ix_stock_movements_sale on stock_movements (merchant_id, sale_id);

create table stock_reservations (
  merchant_id text not null,
  sale_id     text not null,
  location_id text not null,
  sku_id      text not null,
  quantity    integer not null,
  primary key (merchant_id, sale_id, location_id, sku_id)
);

-- ledger ---------------------------------------------------------------------
-- A member's account has its balance materialised; a house account (owner_kind
-- 'house') is append-only postings, so that no sale waits for another's cash.
create table accounts (
  merchant_id text not null,
  id          text not null,
  owner_kind  text not null,
  owner_id    text not null,
  unit        text not null,
  class       text not null,
  balance     integer not null default 0,
  held        integer not null default 0,
  floor       integer not null default 0,
  frozen      boolean not null default false,
  lot_seq     integer not null default 0,
  created_at  integer not null,
  primary key (merchant_id, id),
  constraint ck_accounts_available check (owner_kind = 'house' or balance - held >= floor),
  constraint ck_accounts_held check (held >= 0)
);
create unique index ux_accounts_owner_kind_owner_id_unit_class on accounts (merchant_id, owner_kind, owner_id, unit, class);

create table lots (
  merchant_id    text not null,
  id             text not null,
  account_id     text not null,
  seq            integer not null,
  amount         integer not null,
  remaining      integer not null,
  group_id       text not null,
  paid           integer not null default 0,
  policy         text not null,
  origin_shop_id text not null,
  origin_sale_id text,
  created_at     integer not null,
  available_at   integer not null,
  expires_at     integer,
  primary key (merchant_id, id),
  foreign key (merchant_id, account_id) references accounts,
  constraint ck_lots_remaining check (remaining >= 0 and remaining <= amount)
);
create index ix_lots_account on lots (merchant_id, account_id, seq);

create table entries (
  merchant_id   text not null,
  id            text not null,
  at            integer not null,
  business_date text not null,
  shop_id       text not null,
  kind          text not null,
  sale_id       text,
  reverses_id   text,
  actor_id      text,
  hash          blob not null,
  seal_no       integer,
  primary key (merchant_id, id)
);
create index ix_entries_sale on entries (merchant_id, sale_id);
create index ix_entries_unsealed on entries (merchant_id, id) where seal_no is null;
create index ix_entries_sealed on entries (merchant_id, seal_no);

create table postings (
  merchant_id text not null,
  entry_id    text not null,
  no          integer not null,
  account_id  text not null,
  unit        text not null,
  amount      integer not null,
  lot_id      text,
  primary key (merchant_id, entry_id, no),
  foreign key (merchant_id, entry_id) references entries
);
create index ix_postings_account on postings (merchant_id, account_id, entry_id);

create table holds (
  merchant_id text not null,
  id          text not null,
  account_id  text not null,
  sale_id     text not null,
  amount      integer not null,
  state       text not null,
  created_at  integer not null,
  expires_at  integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, account_id) references accounts,
  constraint ck_holds_amount check (amount > 0)
);
create index ix_holds_sale on holds (merchant_id, sale_id);
create index ix_holds_open on holds (merchant_id, expires_at) where state = 'held';

create table seals (
  merchant_id text not null,
  no          integer not null,
  prev        blob not null,
  merkle_root blob not null,
  count       integer not null,
  at          integer not null,
  primary key (merchant_id, no)
);

-- coupon ---------------------------------------------------------------------
create table coupon_definitions (
  merchant_id text not null,
  id          text not null,
  name        text not null,
  kind        text not null,
  rate        integer not null default 0,
  amount      integer not null default 0,
  sku_id      text,
  sku_code    text not null default '',
  category    text not null default '',
  min_spend   integer not null default 0,
  stacking    text not null default '',
  uses        integer not null default 1,
  valid_days  integer not null default 0,
  archived    boolean not null default false,
  created_at  integer not null,
  primary key (merchant_id, id)
);

create table coupons (
  merchant_id   text not null,
  id            text not null,
  definition_id text not null,
  code          text not null,
  member_id     text,
  state         text not null,
  uses          integer not null,
  used          integer not null default 0,
  use_seq       integer not null default 0,
  locked_by     text,
  valid_from    integer not null,
  valid_until   integer,
  issued_at     integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, definition_id) references coupon_definitions,
  constraint ck_coupons_used check (used >= 0 and used <= uses)
);
create unique index ux_coupons_code on coupons (merchant_id, code);
create index ix_coupons_member on coupons (merchant_id, member_id);

-- One row for each use: the key is what stops two sales from using the same one.
create table coupon_uses (
  merchant_id text not null,
  coupon_id   text not null,
  use_no      integer not null,
  sale_id     text not null,
  at          integer not null,
  reversed_at integer,
  primary key (merchant_id, coupon_id, use_no),
  foreign key (merchant_id, coupon_id) references coupons
);
create index ix_coupon_uses_sale on coupon_uses (merchant_id, sale_id);

-- till -----------------------------------------------------------------------
create table shifts (
  merchant_id   text not null,
  id            text not null,
  shop_id       text not null,
  register_id   text not null,
  no            integer not null,
  state         text not null,
  business_date text not null,
  opened_at     integer not null,
  opened_by     text,
  float_amount  integer not null,
  closed_at     integer,
  closed_by     text,
  expected_cash integer not null default 0,
  counted_cash  integer not null default 0,
  over_short    integer not null default 0,
  z_report      text not null default '',
  primary key (merchant_id, id),
  foreign key (merchant_id, register_id) references registers
);
create unique index ux_shifts_register_id_no on shifts (merchant_id, register_id, no);
create unique index ux_shifts_register_id on shifts (merchant_id, register_id) where state = 'open';

create table cash_moves (
  merchant_id text not null,
  id          text not null,
  shift_id    text not null,
  amount      integer not null,
  reason      text not null,
  at          integer not null,
  actor_id    text,
  primary key (merchant_id, id),
  foreign key (merchant_id, shift_id) references shifts
);
create index ix_cash_moves_shift on cash_moves (merchant_id, shift_id);

-- sale -----------------------------------------------------------------------
create table sales (
  merchant_id    text not null,
  id             text not null,
  kind           text not null,
  state          text not null,
  of_sale_id     text,
  reason         text not null default '',
  shop_id        text not null,
  register_id    text not null,
  shift_id       text,
  series         text not null default '',
  number         integer,
  member_id      text,
  actor_id       text,
  currency       text not null,
  subtotal       integer not null,
  discount       integer not null,
  tax            integer not null,
  total          integer not null,
  cash_rounding  integer not null default 0,
  paid           integer not null,
  change_given   integer not null,
  points_earned  integer not null,
  commission     integer not null,
  tier_before    text not null default '',
  tier_after     text not null default '',
  business_date  text not null,
  occurred_at    integer not null,
  recorded_at    integer not null,
  completed_at   integer,
  origin         text not null,
  device_seq     integer,
  fallbacks      text not null default '',
  draft          text not null default '',
  primary key (merchant_id, id),
  foreign key (merchant_id, register_id) references registers
);
create unique index ux_sales_series_number on sales (merchant_id, series, number);
create index ix_sales_of on sales (merchant_id, of_sale_id);
create index ix_sales_shift on sales (merchant_id, shift_id);
create index ix_sales_member on sales (merchant_id, member_id, id);
create index ix_sales_date on sales (merchant_id, business_date, shop_id);
create index ix_sales_open on sales (merchant_id, recorded_at) where state = 'open';

create table sale_lines (
  merchant_id  text not null,
  sale_id      text not null,
  id           text not null,
  no           integer not null,
  kind         text not null,
  sku_id       text,
  sku_code     text not null default '',
  name         text not null,
  category     text not null default '',
  quantity     integer not null,
  unit_price   integer not null,
  gross        integer not null,
  net          integer not null,
  tax_rate     integer not null default 0,
  tax          integer not null default 0,
  cost         integer not null default 0,
  staff_id     text,
  of_line_id   text,
  stocked      boolean not null default false,
  points       integer not null default 0,
  commission   integer not null default 0,
  punches      integer not null default 0,
  visits       integer not null default 0,
  bonus        integer not null default 0,
  primary key (merchant_id, sale_id, id),
  foreign key (merchant_id, sale_id) references sales
);
create index ix_sale_lines_sku on sale_lines (merchant_id, sku_id);
create index ix_sale_lines_of on sale_lines (merchant_id, of_line_id);

-- What is left to refund of a line; the only row of a sale that changes.
create table sale_line_state (
  merchant_id text not null,
  sale_id     text not null,
  line_id     text not null,
  quantity    integer not null,
  refunded    integer not null default 0,
  net         integer not null,
  net_back    integer not null default 0,
  points      integer not null default 0,
  points_back integer not null default 0,
  punches      integer not null default 0,
  punches_back integer not null default 0,
  commission      integer not null default 0,
  commission_back integer not null default 0,
  tax          integer not null default 0,
  tax_back     integer not null default 0,
  primary key (merchant_id, sale_id, line_id),
  constraint ck_sale_line_state_refunded check (refunded >= 0 and refunded <= quantity)
);

create table sale_adjustments (
  merchant_id  text not null,
  sale_id      text not null,
  no           integer not null,
  line_id      text,
  amount       integer not null,
  group_no     integer not null,
  kind         text not null,
  pack_id      text not null,
  pack_version text not null,
  code         text not null,
  arg          integer not null default 0,
  money        integer not null default 0,
  label        text not null default '',
  coupon_id    text,
  units        integer not null default 0,
  primary key (merchant_id, sale_id, no),
  foreign key (merchant_id, sale_id) references sales
);

create table sale_tenders (
  merchant_id text not null,
  sale_id     text not null,
  no          integer not null,
  type        text not null,
  amount      integer not null,
  tendered    integer not null,
  points      integer not null default 0,
  state       text not null,
  reference   text not null default '',
  primary key (merchant_id, sale_id, no),
  foreign key (merchant_id, sale_id) references sales
);

-- How the rules came to it: one row for each pack and hook.
create table sale_rules (
  merchant_id  text not null,
  sale_id      text not null,
  no           integer not null,
  hook         text not null,
  pack_id      text not null,
  pack_version text not null,
  module_hash  text not null,
  config_hash  text not null,
  outcome      text not null,
  fuel         integer not null,
  nanos        integer not null,
  primary key (merchant_id, sale_id, no),
  foreign key (merchant_id, sale_id) references sales
);

create table sale_rule_inputs (
  merchant_id text not null,
  sale_id     text not null,
  no          integer not null,
  input       blob not null,
  output      blob not null,
  trace       text not null default '',
  primary key (merchant_id, sale_id, no)
);

-- staff ----------------------------------------------------------------------
create table commission_entries (
  merchant_id   text not null,
  id            text not null,
  staff_id      text not null,
  sale_id       text not null,
  line_id       text not null,
  amount        integer not null,
  basis         integer not null,
  rate          integer not null,
  pack_id       text not null,
  pack_version  text not null,
  code          text not null,
  business_date text not null,
  at            integer not null,
  primary key (merchant_id, id)
);
create index ix_commission_entries_staff on commission_entries (merchant_id, staff_id, business_date);
create index ix_commission_entries_sale on commission_entries (merchant_id, sale_id);

-- pack -----------------------------------------------------------------------
create table pack_configs (
  merchant_id text not null,
  pack_id     text not null,
  hash        text not null,
  config      text not null,
  created_at  integer not null,
  primary key (merchant_id, pack_id, hash)
);

create table pack_activations (
  merchant_id text not null,
  shop_id     text not null,
  pack_id     text not null,
  enabled     boolean not null,
  version     text not null,
  config_hash text not null,
  priority    integer not null,
  failures    integer not null default 0,
  notice      text not null default '',
  updated_at  integer not null,
  updated_by  text,
  primary key (merchant_id, shop_id, pack_id)
);

create table pack_history (
  merchant_id text not null,
  id          text not null,
  shop_id     text not null,
  pack_id     text not null,
  enabled     boolean not null,
  version     text not null,
  config_hash text not null,
  priority    integer not null,
  at          integer not null,
  actor_id    text,
  reason      text not null default '',
  primary key (merchant_id, id)
);
create index ix_pack_history_pack on pack_history (merchant_id, pack_id, at);

-- device ---------------------------------------------------------------------
create table devices (
  merchant_id text not null,
  id          text not null,
  shop_id     text not null,
  register_id text,
  name        text not null,
  class       text not null,
  driver      text not null,
  config      text not null,
  enabled     boolean not null default true,
  created_at  integer not null,
  primary key (merchant_id, id)
);

create table print_jobs (
  merchant_id text not null,
  id          text not null,
  device_id   text not null,
  register_id text not null,
  sale_id     text not null,
  kind        text not null,
  state       text not null,
  attempt     integer not null default 0,
  copy_no     integer not null default 0,
  reason      text not null default '',
  run_at      integer not null,
  lease_until integer not null default 0,
  created_at  integer not null,
  updated_at  integer not null,
  primary key (merchant_id, id)
);
create index ix_print_jobs_due on print_jobs (run_at) where state in ('queued', 'claimed', 'sending', 'failed');
create index ix_print_jobs_sale on print_jobs (merchant_id, sale_id);
