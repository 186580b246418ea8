-- Strategies whose senders still use the previous secret, and the end of its overlap.
-- A row without a strategy is the universal secret.
select strategies.name, secrets.mask, secret_uses.last_used_at, secrets.expires_at
from private.secrets
join private.secret_uses on secret_uses.secret_id = secrets.id
left join public.strategies on strategies.id = secrets.strategy_id
where secrets.expires_at > now()
order by secrets.expires_at;
