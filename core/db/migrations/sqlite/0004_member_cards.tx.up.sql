-- card designs ---------------------------------------------------------------
create table card_designs (
  merchant_id    text not null,
  id             text not null,
  name           text not null,
  kind           text not null,
  class          text not null default '',
  prefix         text not null default '',
  digits         integer not null,
  next_number    integer not null,
  points_enabled boolean not null default true,
  pin_required   boolean not null default false,
  valid_days     integer not null default 0,
  colour         text not null default '',
  picture        text not null default '',
  archived       boolean not null default false,
  updated_at     integer not null,
  primary key (merchant_id, id)
);
create unique index ux_card_designs_name on card_designs (merchant_id, name);

-- Numbers made ahead, to be printed on cards that nobody has yet.
create table card_batches (
  merchant_id text not null,
  id          text not null,
  design_id   text not null,
  count       integer not null,
  made_at     integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, design_id) references card_designs
);

-- cards: a blank one has no member ---------------------------------------------
create table member_cards_new (
  merchant_id    text not null,
  number         text not null,
  member_id      text,
  kind           text not null,
  status         text not null,
  issued_at      integer not null,
  id             text not null,
  design_id      text,
  points_enabled boolean,
  expires_at     integer,
  replaced_by    text,
  batch_id       text,
  updated_at     integer not null default 0,
  primary key (merchant_id, number),
  foreign key (merchant_id, member_id) references members,
  foreign key (merchant_id, design_id) references card_designs,
  constraint ck_member_cards_status check (status in ('blank', 'active', 'lost', 'replaced', 'erased')),
  constraint ck_member_cards_member check (member_id is not null or status = 'blank')
);
insert into member_cards_new (merchant_id, number, member_id, kind, status, issued_at, id)
  select merchant_id, number, member_id, kind, status, issued_at, lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
    || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))) from member_cards;
drop table member_cards;
alter table member_cards_new rename to member_cards;
create index ix_member_cards_member on member_cards (merchant_id, member_id);
create unique index ux_member_cards_id on member_cards (merchant_id, id);
create index ix_member_cards_batch on member_cards (merchant_id, batch_id, number);

-- PIN ------------------------------------------------------------------------
create table member_pins (
  merchant_id  text not null,
  member_id    text not null,
  hash         text not null,
  failed       integer not null default 0,
  locked_until integer not null default 0,
  set_at       integer not null,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members,
  constraint ck_member_pins_failed check (failed >= 0)
);

-- families: a head's own row names itself --------------------------------------
create table member_families (
  merchant_id text not null,
  member_id   text not null,
  head_id     text not null,
  joined_at   integer not null,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members,
  foreign key (merchant_id, head_id) references members
);
create index ix_member_families_head on member_families (merchant_id, head_id, joined_at);

-- consents: append-only, the newest of a purpose counts -------------------------
create table member_consents (
  merchant_id text not null,
  id          text not null,
  member_id   text not null,
  purpose     text not null,
  granted     boolean not null,
  at          integer not null,
  source      text not null,
  actor_kind  text not null,
  actor_id    text,
  primary key (merchant_id, id),
  foreign key (merchant_id, member_id) references members
);
create index ix_member_consents_member on member_consents (merchant_id, member_id, purpose, id);

-- personal data ----------------------------------------------------------------
alter table member_private add column document_index text;
create unique index ux_member_private_document_index on member_private (merchant_id, document_index);

-- Until when the law wants the buyer of prepaid value to be known. What was sold
-- before this column was there counts too: 5 years with two leap days.
alter table members add column retain_until integer;
update members set retain_until = (
  select max(s.completed_at) + 157852800000000 from sales s
  where s.merchant_id = members.merchant_id and s.member_id = members.id and s.kind = 'sale' and s.state = 'completed'
    and exists (select 1 from sale_lines l where l.merchant_id = s.merchant_id and l.sale_id = s.id and l.kind in ('top_up', 'punch_card')));
