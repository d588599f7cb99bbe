-- Whoever is about to lose something is told once for each lot.
alter table lots add column reminded_at integer;
create index ix_lots_unreminded on lots (merchant_id, expires_at) where expires_at is not null and reminded_at is null and remaining > 0;
