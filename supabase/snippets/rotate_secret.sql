-- Makes a new secret; the previous one works for another 24 hours. Insert your strategy's slug in both places.
update strategies set webhook_secret = '' where slug = 'dynamic-goldbreakout';

-- The new URLs, to paste into TradingView. When all senders use them, run revoke_old_secret.
select * from reveal_strategy('dynamic-goldbreakout');
