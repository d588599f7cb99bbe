-- What each account stood at when a seal closed, written by the sealer alone: no
-- sale waits for it. A proof starts from here and drops what no later proof needs.
create table account_checkpoints (
  merchant_id uuid not null,
  account_id  uuid not null,
  seal_no     bigint not null,
  balance     bigint not null,
  lotless     bigint not null,
  postings    bigint not null,
  primary key (merchant_id, account_id, seal_no)
);
create index ix_account_checkpoints_seal on account_checkpoints (merchant_id, seal_no);

insert into account_checkpoints (merchant_id, account_id, seal_no, balance, lotless, postings)
select p.merchant_id, p.account_id, max(e.seal_no), sum(p.amount), sum(case when p.lot_id is null then p.amount else 0 end), count(*)
from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
where e.seal_no is not null
group by p.merchant_id, p.account_id;

-- Each run over the books: what it covered and what it found. head is the hash of
-- the last seal it proved; the next run goes on from there.
create table proofs (
  merchant_id uuid not null,
  id          uuid not null,
  at          bigint not null,
  kind        text not null,
  from_seal   bigint not null,
  to_seal     bigint not null,
  head        bytea not null,
  checked     bigint not null,
  differences bigint not null,
  millis      bigint not null,
  parts       text not null,
  found       text not null,
  primary key (merchant_id, id)
);
create index ix_proofs_clean on proofs (merchant_id, to_seal) where differences = 0;

-- A lot is proved by the postings that name it, without its account's history.
create index ix_postings_lot on postings (merchant_id, lot_id) where lot_id is not null;
