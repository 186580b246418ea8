-- New secret for a strategy; the old one works for another 24 hours.
update strategies set webhook_secret = '' where slug = 'dynamic-goldbreakout';

-- The new URLs, to paste into TradingView.
select * from reveal_strategy('dynamic-goldbreakout');

-- End the old secret now: a sender that still uses it is refused from the next alert on.
select revoke_old_secret('dynamic-goldbreakout');
