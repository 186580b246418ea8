-- Incidents that are not resolved, the newest first.
select incidents.id, kind, strategies.name as strategy, incidents.status, count, opened_at, last_seen_at, details
from incidents
left join strategies on strategies.id = incidents.strategy_id
where incidents.status <> 'resolved'
order by opened_at desc;
