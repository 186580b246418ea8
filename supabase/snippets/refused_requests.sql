-- Authenticated alerts of the last day that were not accepted, with the problem in the response.
select received_at, strategies.name, outcome, code, problem, remote_ip, encode(raw_body, 'escape') as body
from webhook_requests
left join strategies on strategies.id = webhook_requests.strategy_id
where received_at > now() - interval '1 day' and outcome in ('invalid', 'refused')
order by received_at desc
limit 50;
