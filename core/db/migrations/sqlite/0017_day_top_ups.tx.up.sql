-- What a member topped up on a day stands with the day: a quote does not read every
-- sale that the member ever made.
alter table member_day add column top_ups integer not null default 0;
insert into member_day (merchant_id, member_id, date, shop_id, spend, visits, points, top_ups)
select s.merchant_id, s.member_id, coalesce(o.business_date, s.business_date), coalesce(o.shop_id, s.shop_id), 0, 0, 0,
  sum(case when s.kind = 'sale' then l.net else -l.net end)
from sales s
join sale_lines l on l.merchant_id = s.merchant_id and l.sale_id = s.id and l.kind = 'top_up'
left join sales o on o.merchant_id = s.merchant_id and o.id = s.of_sale_id
where s.member_id is not null and s.state = 'completed'
group by s.merchant_id, s.member_id, coalesce(o.business_date, s.business_date), coalesce(o.shop_id, s.shop_id)
on conflict (merchant_id, member_id, date, shop_id) do update set top_ups = excluded.top_ups;
