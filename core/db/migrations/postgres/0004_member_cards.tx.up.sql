-- card designs ---------------------------------------------------------------
create table card_designs (
  merchant_id    uuid not null,
  id             uuid not null,
  name           text not null,
  kind           text not null,
  class          text not null default '',
  prefix         text not null default '',
  digits         integer not null,
  next_number    bigint not null,
  points_enabled boolean not null default true,
  pin_required   boolean not null default false,
  valid_days     integer not null default 0,
  colour         text not null default '',
  picture        text not null default '',
  archived       boolean not null default false,
  updated_at     bigint not null,
  primary key (merchant_id, id)
);
create unique index ux_card_designs_name on card_designs (merchant_id, name);

-- Numbers made ahead, to be printed on cards that nobody has yet.
create table card_batches (
  merchant_id uuid not null,
  id          uuid not null,
  design_id   uuid not null,
  count       integer not null,
  made_at     bigint not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, design_id) references card_designs
);

-- cards: a blank one has no member ---------------------------------------------
alter table member_cards alter column member_id drop not null;
alter table member_cards
  add column id             uuid not null default gen_random_uuid(),
  add column design_id      uuid,
  add column points_enabled boolean,
  add column expires_at     bigint,
  add column replaced_by    text,
  add column batch_id       uuid,
  add column updated_at     bigint not null default 0,
  add constraint member_cards_design_fkey foreign key (merchant_id, design_id) references card_designs,
  add constraint ck_member_cards_status check (status in ('blank', 'active', 'lost', 'replaced', 'erased')),
  add constraint ck_member_cards_member check (member_id is not null or status = 'blank');
alter table member_cards alter column id drop default;
create unique index ux_member_cards_id on member_cards (merchant_id, id);
create index ix_member_cards_batch on member_cards (merchant_id, batch_id, number);

-- PIN ------------------------------------------------------------------------
create table member_pins (
  merchant_id  uuid not null,
  member_id    uuid not null,
  hash         text not null,
  failed       integer not null default 0,
  locked_until bigint not null default 0,
  set_at       bigint not null,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members,
  constraint ck_member_pins_failed check (failed >= 0)
);

-- families: a head's own row names itself --------------------------------------
create table member_families (
  merchant_id uuid not null,
  member_id   uuid not null,
  head_id     uuid not null,
  joined_at   bigint not null,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members,
  foreign key (merchant_id, head_id) references members
);
create index ix_member_families_head on member_families (merchant_id, head_id, joined_at);

-- consents: append-only, the newest of a purpose counts -------------------------
create table member_consents (
  merchant_id uuid not null,
  id          uuid not null,
  member_id   uuid not null,
  purpose     text not null,
  granted     boolean not null,
  at          bigint not null,
  source      text not null,
  actor_kind  text not null,
  actor_id    uuid,
  primary key (merchant_id, id),
  foreign key (merchant_id, member_id) references members
);
create index ix_member_consents_member on member_consents (merchant_id, member_id, purpose, id);

-- personal data ----------------------------------------------------------------
alter table member_private add column document_index text;
create unique index ux_member_private_document_index on member_private (merchant_id, document_index);

-- Until when the law wants the buyer of prepaid value to be known. What was sold
-- before this column was there counts too: 5 years with two leap days.
alter table members add column retain_until bigint;
update members set retain_until = (
  select max(s.completed_at) + 157852800000000 from sales s
  where s.merchant_id = members.merchant_id and s.member_id = members.id and s.kind = 'sale' and s.state = 'completed'
    and exists (select 1 from sale_lines l where l.merchant_id = s.merchant_id and l.sale_id = s.id and l.kind in ('top_up', 'punch_card')));
