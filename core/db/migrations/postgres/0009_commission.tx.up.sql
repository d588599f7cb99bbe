-- What staff did, what they are paid for it, and by which plan.

alter table commission_entries alter column sale_id drop not null;
alter table commission_entries alter column line_id drop not null;
alter table commission_entries add column kind text not null default 'sale';
alter table commission_entries add column role text not null default 'performer';
alter table commission_entries add column share bigint not null default 1000000;
alter table commission_entries add column metric text not null default 'amount';
alter table commission_entries add column shop_id uuid;
alter table commission_entries add column of_sale_id uuid;
alter table commission_entries add column of_entry_id uuid;
alter table commission_entries add column settlement_id uuid;
alter table commission_entries add column plan_id uuid;
alter table commission_entries add column line_kind text not null default '';
alter table commission_entries add column sku_code text not null default '';
alter table commission_entries add column category text not null default '';
alter table commission_entries add column quantity bigint not null default 0;
alter table commission_entries add column margin bigint not null default 0;
alter table commission_entries add column reason text not null default '';
alter table commission_entries add column actor_id uuid;
alter table commission_entries add constraint ck_commission_entries_kind check (kind in ('sale', 'claw_back', 'settlement', 'manual'));
alter table commission_entries add constraint ck_commission_entries_sale check (kind in ('settlement', 'manual') or (sale_id is not null and line_id is not null));

update commission_entries set metric = 'count' where rate = 0 and code <> 'claw_back';
update commission_entries set
  shop_id = (select s.shop_id from sales s where s.merchant_id = commission_entries.merchant_id and s.id = commission_entries.sale_id),
  line_kind = coalesce((select l.kind from sale_lines l where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id), ''),
  sku_code = coalesce((select l.sku_code from sale_lines l where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id), ''),
  category = coalesce((select l.category from sale_lines l where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id), ''),
  quantity = coalesce((select case when s.kind = 'sale' then l.quantity else -l.quantity end from sale_lines l join sales s on s.merchant_id = l.merchant_id and s.id = l.sale_id
    where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id), 0);
update commission_entries set kind = 'claw_back',
  of_sale_id = (select s.of_sale_id from sales s where s.merchant_id = commission_entries.merchant_id and s.id = commission_entries.sale_id),
  of_entry_id = (select e.id from sale_lines l join commission_entries e on e.merchant_id = l.merchant_id and e.line_id = l.of_line_id
    where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id order by e.id limit 1),
  metric = coalesce((select e.metric from sale_lines l join commission_entries e on e.merchant_id = l.merchant_id and e.line_id = l.of_line_id
    where l.merchant_id = commission_entries.merchant_id and l.sale_id = commission_entries.sale_id and l.id = commission_entries.line_id order by e.id limit 1), 'amount')
  where code = 'claw_back';

create index ix_commission_entries_date on commission_entries (merchant_id, business_date);
create index ix_commission_entries_of on commission_entries (merchant_id, of_sale_id);
create unique index ux_commission_entries_settlement_id_staff_id_plan_id on commission_entries (merchant_id, settlement_id, staff_id, plan_id);

-- Who worked on a line and in which part: a sale's rows are positive, a refund's
-- mirror them. Never changed.
create table sale_line_staff (
  merchant_id   uuid not null,
  sale_id       uuid not null,
  line_id       uuid not null,
  staff_id      uuid not null,
  role          text not null,
  share         bigint not null,
  level         text not null default '',
  shop_id       uuid not null,
  of_sale_id    uuid,
  of_line_id    uuid,
  business_date text not null,
  of_date       text not null,
  line_kind     text not null,
  sku_code      text not null default '',
  category      text not null default '',
  quantity      bigint not null,
  gross         bigint not null,
  net           bigint not null,
  tax           bigint not null default 0,
  cost          bigint not null default 0,
  worth         bigint not null default 0,
  prepaid       bigint not null default 0,
  at            bigint not null,
  primary key (merchant_id, sale_id, line_id, staff_id, role),
  constraint ck_sale_line_staff_share check (share > 0 and share <= 1000000),
  constraint ck_sale_line_staff_role check (role in ('performer', 'assistant', 'seller', 'receptionist'))
);
create index ix_sale_line_staff_date on sale_line_staff (merchant_id, business_date, staff_id);
create index ix_sale_line_staff_of on sale_line_staff (merchant_id, of_sale_id);
create index ix_sale_line_staff_of_date on sale_line_staff (merchant_id, of_date) where of_date <> business_date;

insert into sale_line_staff (merchant_id, sale_id, line_id, staff_id, role, share, level, shop_id, of_sale_id, of_line_id, business_date, of_date,
  line_kind, sku_code, category, quantity, gross, net, tax, cost, at)
select l.merchant_id, l.sale_id, l.id, l.staff_id, 'performer', 1000000, coalesce(st.level, ''), s.shop_id, s.of_sale_id, l.of_line_id, s.business_date,
  coalesce(o.business_date, s.business_date), l.kind, l.sku_code, l.category,
  case when s.kind = 'sale' then l.quantity else -l.quantity end, case when s.kind = 'sale' then l.gross else -l.gross end, case when s.kind = 'sale' then l.net else -l.net end,
  case when s.tax <> 0 and s.total = s.subtotal - s.discount + s.tax then 0 when s.kind = 'sale' then l.tax else -l.tax end,
  case when s.kind = 'sale' then l.cost else -l.cost end, s.recorded_at
from sale_lines l join sales s on s.merchant_id = l.merchant_id and s.id = l.sale_id
left join sales o on o.merchant_id = s.merchant_id and o.id = s.of_sale_id
left join staff st on st.merchant_id = l.merchant_id and st.id = l.staff_id
where l.staff_id is not null and s.state = 'completed';

-- The merchant's rules over a period.
create table commission_plans (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  name        text not null,
  period      text not null,
  valid_from  text not null,
  valid_until text not null default '',
  archived    boolean not null default false,
  definition  text not null,
  created_at  bigint not null,
  updated_at  bigint not null,
  primary key (merchant_id, id),
  constraint ck_commission_plans_period check (period in ('week', 'month', 'quarter'))
);

create table commission_settlements (
  merchant_id  uuid not null references merchants,
  id           uuid not null,
  period       text not null,
  first_date   text not null,
  last_date    text not null,
  state        text not null,
  report       text not null,
  created_at   bigint not null,
  created_by   uuid,
  finalised_at bigint not null default 0,
  finalised_by uuid,
  primary key (merchant_id, id),
  constraint ck_commission_settlements_state check (state in ('draft', 'final'))
);
create unique index ux_commission_settlements_period_first_date on commission_settlements (merchant_id, period, first_date);
