-- Dispatches that wait for delivery, per strategy and route.
select * from dispatch_backlog order by oldest;

-- Dispatches that were given up: all attempts failed, or too late.
-- Send the dead ones again with POST /provision/replay {"status": "dead"}.
select signals.received_at, strategies.name, dispatches.status, dispatches.target, dispatches.attempts,
  (select error from dispatch_attempts where dispatch_id = dispatches.id order by attempt desc limit 1) as last_error
from dispatches
join signals on signals.id = dispatches.signal_id
join strategies on strategies.id = signals.strategy_id
where dispatches.status in ('dead', 'expired')
order by signals.received_at desc
limit 50;

-- Seconds from fired to received to stored to delivered (p50, p95, p99), by hour.
select * from dispatch_latency order by hour desc, strategy limit 50;
