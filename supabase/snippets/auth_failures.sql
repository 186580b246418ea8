-- Senders that failed to authenticate in the last day, and the reasons.
select strategies.name, endpoint, reason, remote_ip, sum(count) as failures, max(bucket_start) as last_minute,
  min(sample ->> 'name') as asked_for
from auth_failures
left join strategies on strategies.id = auth_failures.strategy_id
where bucket_start > now() - interval '1 day'
group by strategies.name, endpoint, reason, remote_ip
order by failures desc
limit 50;
