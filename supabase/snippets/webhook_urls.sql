-- Ready-to-use URLs of one strategy (put its slug), with its token: treat them like a password.
select * from reveal_strategy('dynamic-goldbreakout');

-- Addresses of all strategies, without tokens.
select * from strategy_endpoints order by name;
