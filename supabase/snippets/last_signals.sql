-- The latest signals of all strategies.
select received_at, strategies.name, signals.status, action, direction, exchange, symbol, quantity, price, routes
from signals
join strategies on strategies.id = signals.strategy_id
order by received_at desc
limit 50;
