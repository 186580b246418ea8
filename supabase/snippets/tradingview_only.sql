-- Accepts a strategy's alerts only from TradingView's four addresses
-- (https://www.tradingview.com/support/solutions/43000529348). Every TradingView user sends from
-- them, so the list complements the credential and cannot replace it.
update strategies
set allowed_ips = '{52.89.214.238/32, 34.212.75.30/32, 54.218.53.128/32, 52.32.178.7/32}'
where slug = 'dynamic-goldbreakout';
