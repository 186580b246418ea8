-- The rival's own database, on the same server: what our `ingest` writes, with no index more than it needs.
create extension pgmq;

create table strategies (
  id uuid primary key,
  slug text not null unique,
  token text not null
);

create table requests (
  id uuid primary key,
  strategy_id uuid not null references strategies,
  signal_id uuid,
  outcome text not null,
  raw_body bytea not null,
  received_at timestamptz not null default clock_timestamp()
);

create table signals (
  id uuid primary key,
  strategy_id uuid not null references strategies,
  request_id uuid not null,
  action text not null check (action in ('buy', 'sell', 'exit')),
  symbol text not null check (length(symbol) <= 64),
  price numeric,
  quantity numeric check (quantity >= 0),
  confidence numeric check (confidence between 0 and 1),
  received_at timestamptz not null default clock_timestamp(),
  payload jsonb not null
);

create index signals_strategy_id_received_at on signals (strategy_id, received_at desc);

create table dedupe_keys (
  strategy_id uuid not null references strategies,
  digest bytea not null,
  signal_id uuid not null,
  expires_at timestamptz not null,
  primary key (strategy_id, digest)
);

select pgmq.create('alerts');
