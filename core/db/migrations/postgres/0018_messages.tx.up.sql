-- Messages to members: what is said, to whom, how it stands, and what it cost.

-- language '' is every language that has no template of its own; code is a rule
-- pack's name for its message, '' of the other kinds.
create table message_templates (
  merchant_id uuid not null references merchants,
  kind        text not null,
  code        text not null,
  channel     text not null,
  language    text not null,
  body        text not null,
  provider_template text not null default '',
  provider_params   text not null default '',
  link        text not null default '',
  updated_at  bigint not null,
  primary key (merchant_id, kind, code, channel, language)
);

-- No recipient and no text: both are made when the message is sent. origin names what
-- the message is about, so that it is written once. cost is in minor units.
create table messages (
  merchant_id  uuid not null references merchants,
  id           uuid not null,
  member_id    uuid not null,
  shop_id      uuid,
  kind         text not null,
  code         text not null default '',
  origin       text not null,
  params       text not null,
  state        text not null,
  reason       text not null default '',
  channel      text not null default '',
  connector_id uuid,
  provider_id  text not null default '',
  attempt      bigint not null default 0,
  asked        bigint not null default 0,
  segments     bigint not null default 0,
  cost         bigint not null default 0,
  run_at       bigint not null,
  lease_until  bigint not null default 0,
  expires_at   bigint not null,
  sent_at      bigint not null default 0,
  created_at   bigint not null,
  updated_at   bigint not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, member_id) references members,
  constraint ck_messages_state check (state in ('queued', 'claimed', 'sending', 'accepted', 'delivered', 'failed', 'uncertain', 'held', 'skipped')),
  constraint ck_messages_cost check (cost >= 0)
);
create unique index ux_messages_origin on messages (merchant_id, origin);
create index ix_messages_member on messages (merchant_id, member_id, id);
create index ix_messages_provider_id on messages (merchant_id, provider_id) where provider_id <> '';
create index ix_messages_sent on messages (merchant_id, sent_at) where sent_at > 0;
create index ix_messages_due on messages (run_at) where state in ('queued', 'claimed', 'sending', 'accepted', 'uncertain', 'held');

-- subject: 'all', 'transactional', 'marketing', or a kind.
create table message_optouts (
  merchant_id uuid not null references merchants,
  member_id   uuid not null,
  subject     text not null,
  at          bigint not null,
  primary key (merchant_id, member_id, subject),
  foreign key (merchant_id, member_id) references members
);

-- How far the events were read, and until when coupons were looked at.
create table message_cursors (
  merchant_id uuid not null references merchants,
  seq         bigint not null,
  coupons_at  bigint not null default 0,
  born_on     text not null default '',
  primary key (merchant_id)
);

-- The codes themselves are kept nowhere: they are made from the id.
create table message_codes (
  merchant_id uuid not null references merchants,
  id          uuid not null,
  member_id   uuid not null,
  purpose     text not null,
  expires_at  bigint not null,
  tries       bigint not null default 0,
  used_at     bigint not null default 0,
  primary key (merchant_id, id),
  foreign key (merchant_id, member_id) references members,
  constraint ck_message_codes_tries check (tries <= 5)
);
create index ix_message_codes_member on message_codes (merchant_id, member_id, id);

-- Accounts elsewhere that belong to a member: found by a keyed hash, their names stand
-- in member_private.
create table member_subjects (
  merchant_id   uuid not null references merchants,
  app           text not null,
  subject_index text not null,
  member_id     uuid not null,
  linked_at     bigint not null,
  primary key (merchant_id, app, subject_index),
  foreign key (merchant_id, member_id) references members
);
create unique index ux_member_subjects_member_id_app on member_subjects (merchant_id, member_id, app);

-- What is to be told to a member's card on the telephone: the latest only.
create table card_updates (
  merchant_id uuid not null references merchants,
  member_id   uuid not null,
  sequence    bigint not null,
  told        bigint not null default 0,
  failures    bigint not null default 0,
  reason      text not null default '',
  run_at      bigint not null,
  lease_until bigint not null default 0,
  primary key (merchant_id, member_id),
  foreign key (merchant_id, member_id) references members
);
create index ix_card_updates_due on card_updates (run_at) where told < sequence;
