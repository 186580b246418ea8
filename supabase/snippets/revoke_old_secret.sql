-- Ends the old secret now: a sender that still uses it is refused from the next alert on. Put your strategy's slug.
select revoke_old_secret('dynamic-goldbreakout');
