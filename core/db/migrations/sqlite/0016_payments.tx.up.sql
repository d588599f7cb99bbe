-- Payments that a connector takes: what was asked of a provider, what it told by
-- itself, and what was given back.

-- outcome: open while the sale is, used by a completed one, abandoned with it.
create table payment_intents (
  merchant_id  text not null references merchants,
  id           text not null,
  sale_id      text not null,
  shop_id      text not null,
  register_id  text not null,
  tender_no    integer not null,
  reference    text not null,
  connector_id text,
  method       text not null,
  amount       integer not null,
  currency     text not null,
  state        text not null,
  outcome      text not null default 'open',
  provider_id  text not null default '',
  reason       text not null default '',
  refunded     integer not null default 0,
  created_at   integer not null,
  updated_at   integer not null,
  paid_at      integer not null default 0,
  primary key (merchant_id, id),
  foreign key (merchant_id, sale_id) references sales,
  constraint ck_payment_intents_state check (state in ('created', 'pending', 'unknown', 'refused', 'cancelled', 'paid')),
  constraint ck_payment_intents_outcome check (outcome in ('open', 'used', 'abandoned')),
  constraint ck_payment_intents_used check (outcome <> 'used' or state = 'paid'),
  constraint ck_payment_intents_amount check (amount > 0),
  constraint ck_payment_intents_refunded check (refunded >= 0 and refunded <= amount)
);
create unique index ux_payment_intents_reference on payment_intents (merchant_id, reference);
create index ix_payment_intents_sale on payment_intents (merchant_id, sale_id);
create index ix_payment_intents_unsettled on payment_intents (merchant_id, id) where state in ('created', 'pending', 'unknown');

-- Each notice of a provider counts once.
create table payment_notices (
  merchant_id  text not null references merchants,
  connector_id text not null,
  notice_id    text not null,
  reference    text not null,
  state        text not null,
  at           integer not null,
  primary key (merchant_id, connector_id, notice_id)
);

-- sale_id is the refund's document; where a sale was abandoned there is none.
create table payment_refunds (
  merchant_id text not null references merchants,
  id          text not null,
  intent_id   text not null,
  sale_id     text,
  reference   text not null,
  amount      integer not null,
  state       text not null,
  provider_id text not null default '',
  reason      text not null default '',
  tries       integer not null default 0,
  created_at  integer not null,
  updated_at  integer not null,
  primary key (merchant_id, id),
  foreign key (merchant_id, intent_id) references payment_intents,
  constraint ck_payment_refunds_state check (state in ('created', 'pending', 'unknown', 'refused', 'done')),
  constraint ck_payment_refunds_amount check (amount > 0)
);
create unique index ux_payment_refunds_reference on payment_refunds (merchant_id, reference);
create index ix_payment_refunds_intent on payment_refunds (merchant_id, intent_id);
create index ix_payment_refunds_undone on payment_refunds (merchant_id, id) where state <> 'done';
