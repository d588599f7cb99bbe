-- What was counted when a shift was closed, and why it was not what was expected.
alter table shifts add column over_short_reason text not null default '';

-- The pieces of each note and coin; value is in minor units.
create table cash_counts (
  merchant_id text not null,
  shift_id    text not null,
  value       integer not null,
  pieces      integer not null,
  primary key (merchant_id, shift_id, value),
  foreign key (merchant_id, shift_id) references shifts,
  constraint ck_cash_counts_value check (value > 0),
  constraint ck_cash_counts_pieces check (pieces > 0)
);

alter table cash_moves add column category text not null default '';
create index ix_shifts_business_date on shifts (merchant_id, business_date);

-- A day's entries that belong to no document; the others are found by theirs.
create index ix_entries_no_sale on entries (merchant_id, business_date) where sale_id is null;
