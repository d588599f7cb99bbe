-- Whether an online shop is told what articles are called and cost, and what it was
-- told of each ("name|unit price").
alter table online_channels add column catalogue boolean not null default false;
alter table online_items add column told text not null default '';
