-- URLs of one strategy, ready to paste, and the messages of TradingView's alerts: message on a strategy,
-- indicator_message on an indicator. The URLs contain its token: treat them like a password. Insert its slug.
select * from reveal_strategy('dynamic-goldbreakout');

-- Addresses of all strategies, without tokens.
select * from strategy_endpoints order by name;
