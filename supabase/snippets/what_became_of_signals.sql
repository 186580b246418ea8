-- What became of the last signals, route by route.
select signals.received_at, strategies.name as strategy, signals.action, signals.intent, signals.symbol,
  signal_outcomes.route, signal_outcomes.outcome, signal_outcomes.at, signal_outcomes.worker, signal_outcomes.error,
  signal_outcomes.cancelled_by
from public.signals
join public.strategies on strategies.id = signals.strategy_id
join public.signal_outcomes on signal_outcomes.signal_id = signals.id
where signals.received_at > now() - interval '1 day'
order by signals.received_at desc, signal_outcomes.route
limit 100;
