-- URLs of one strategy, ready to paste. They contain its token: treat them like a password. Insert its slug.
select * from reveal_strategy('dynamic-goldbreakout');

-- Addresses of all strategies, without tokens.
select * from strategy_endpoints order by name;
