-- What a sale has to say for the books: gift cards with a face value apart from
-- the price, gifts for points, the punch plan, the tax category that was used.
alter table sale_lines add column tax_category text not null default '';
alter table sale_lines add column tax_name text not null default '';
alter table sale_lines add column face integer not null default 0;
alter table sale_lines add column gift_card_id text;
alter table sale_lines add column gift_card text not null default '';
alter table sale_lines add column points_cost integer not null default 0;
alter table sale_lines add column plan_id text;
alter table sale_lines add column withheld integer not null default 0;
alter table sale_tenders add column gift_card_id text;

-- Whose punch card paid the visits of a line, and in which unit: the plan, or the
-- service. Rows of a refund say what went back.
create table sale_line_punches (
  merchant_id text not null,
  sale_id     text not null,
  line_id     text not null,
  no          integer not null,
  of_line_id  text,
  owner_id    text not null,
  unit_id     text not null,
  visits      integer not null,
  primary key (merchant_id, sale_id, line_id, no),
  foreign key (merchant_id, sale_id) references sales
);
create index ix_sale_line_punches_of on sale_line_punches (merchant_id, of_line_id);

-- A refund that waits for somebody's decision. What it will take back is held.
create table refund_requests (
  merchant_id  text not null,
  id           text not null,
  sale_id      text not null,
  member_id    text,
  register_id  text not null,
  state        text not null,
  reason       text not null,
  body         text not null,
  total        integer not null,
  short_points integer not null default 0,
  requested_at integer not null,
  requested_by text,
  decided_at   integer,
  decided_by   text,
  decision     text not null default '',
  refund_id    text,
  primary key (merchant_id, id),
  foreign key (merchant_id, sale_id) references sales
);
create unique index ux_refund_requests_sale_id on refund_requests (merchant_id, sale_id) where state = 'pending';
create index ix_refund_requests_state on refund_requests (merchant_id, state, id);
