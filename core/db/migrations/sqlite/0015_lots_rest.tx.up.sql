-- A member of many years has thousands of lots and a few with something left.
create index ix_lots_rest on lots (merchant_id, account_id, seq) where remaining > 0;
create index ix_lots_origin_sale on lots (merchant_id, origin_sale_id) where origin_sale_id is not null;
