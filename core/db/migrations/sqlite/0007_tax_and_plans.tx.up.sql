-- tax ------------------------------------------------------------------------
create table tax_categories (
  merchant_id text not null,
  code        text not null,
  name        text not null,
  archived    boolean not null default false,
  primary key (merchant_id, code)
);

-- place_id is the merchant's id where the rate holds in all its shops, else a
-- shop's. valid_until is the last business date, '' without end.
create table tax_rates (
  merchant_id text not null,
  id          text not null,
  place_id    text not null,
  category    text not null,
  valid_from  text not null,
  valid_until text not null default '',
  name        text not null,
  rate        integer not null,
  updated_at  integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, category) references tax_categories,
  constraint ck_tax_rates_rate check (rate between 0 and 1000000),
  constraint ck_tax_rates_validity check (valid_until = '' or valid_until >= valid_from)
);
create unique index ux_tax_rates_category_place_id_valid_from on tax_rates (merchant_id, category, place_id, valid_from);

-- punch plans ----------------------------------------------------------------
create table punch_plans (
  merchant_id text not null,
  id          text not null,
  name        text not null,
  price       integer not null,
  visits      integer not null,
  free_visits integer not null default 0,
  valid_days  integer not null default 0,
  shareable   boolean not null default false,
  archived    boolean not null default false,
  updated_at  integer not null,
  primary key (merchant_id, id),
  constraint ck_punch_plans_figures check (price >= 0 and visits > 0 and free_visits >= 0 and valid_days >= 0)
);

create table punch_plan_services (
  merchant_id text not null,
  plan_id     text not null,
  sku_id      text not null,
  primary key (merchant_id, plan_id, sku_id),
  foreign key (merchant_id, plan_id) references punch_plans,
  foreign key (merchant_id, sku_id) references skus
);
create index ix_punch_plan_services_sku on punch_plan_services (merchant_id, sku_id);
