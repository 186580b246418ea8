-- Revokes the previous secret: senders that still use it are refused from now on. Insert your strategy's slug.
select revoke_old_secret('dynamic-goldbreakout');
