-- Strategies whose senders still use the secret from before the last rotation, and until when it works.
-- A row without a strategy is the universal secret.
select strategies.name, secrets.mask, secret_uses.last_used_at, secrets.expires_at
from private.secrets
join private.secret_uses on secret_uses.secret_id = secrets.id
left join public.strategies on strategies.id = secrets.strategy_id
where secrets.expires_at > now()
order by secrets.expires_at;
