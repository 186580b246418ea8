create table public.webhook_requests (
  id uuid not null,
  correlation_id uuid not null,
  strategy_id uuid,
  signal_id uuid,
  endpoint text not null
    constraint webhook_requests_endpoint_is_known check (endpoint in ('universal', 'dedicated')),
  outcome text not null
    constraint webhook_requests_outcome_is_known
      check (outcome in ('accepted', 'held', 'suppressed', 'duplicate', 'invalid', 'refused')),
  code text,
  problem jsonb,
  auth_method text
    constraint webhook_requests_auth_method_is_known check (auth_method in ('token', 'hmac', 'jwt')),
  remote_ip inet,
  repaired boolean not null default false,
  raw_body bytea,
  received_at timestamptz not null,
  duration_ms numeric not null,
  recorded_in xid8 not null default pg_current_xact_id(),
  primary key (id, received_at)
) partition by range (received_at);

comment on table public.webhook_requests is 'Every authenticated request and what became of it. Partitioned by month.';
comment on column public.webhook_requests.correlation_id is 'The same id stands in the answer, the signal and outgoing messages.';
comment on column public.webhook_requests.strategy_id is 'Whom it was for; empty: nobody we know.';
comment on column public.webhook_requests.signal_id is 'The signal it made, or of which it is a duplicate.';
comment on column public.webhook_requests.endpoint is 'universal: named its strategy in the payload · dedicated: came to the strategy''s own URL.';
comment on column public.webhook_requests.outcome is 'invalid: could not be read (400, 422) · refused: not allowed (403, 429).';
comment on column public.webhook_requests.code is 'The answer''s problem code, or duplicate_mismatch: another body under a known id.';
comment on column public.webhook_requests.problem is 'What the answer said was wrong.';
comment on column public.webhook_requests.auth_method is 'By which credential it was let in.';
comment on column public.webhook_requests.remote_ip is 'Who sent it, as the last trusted hop saw it.';
comment on column public.webhook_requests.repaired is 'The body was almost JSON and was read after a narrow repair.';
comment on column public.webhook_requests.raw_body is 'The bytes as they came; credentials in them are masked. Cleared after router_settings.raw_body_retention.';
comment on column public.webhook_requests.received_at is 'When it reached us, by the database''s clock.';
comment on column public.webhook_requests.duration_ms is 'From arrival to being recorded.';
comment on column public.webhook_requests.recorded_in is 'The transaction that recorded it: the monitor sees each once, however late it commits.';

create index webhook_requests_strategy_id_received_at on public.webhook_requests (strategy_id, received_at desc);
create index webhook_requests_received_at on public.webhook_requests (received_at desc);
create index webhook_requests_correlation_id on public.webhook_requests (correlation_id);

-- What did not become a signal, to bound how much of it is kept: see record_request.
create index webhook_requests_not_signals on public.webhook_requests
  (coalesce(strategy_id, '00000000-0000-0000-0000-000000000000'), received_at)
  where outcome in ('duplicate', 'invalid', 'refused');

create table private.webhook_requests_default partition of public.webhook_requests default;

comment on table private.webhook_requests_default is
  'Takes what no month takes, so that nothing is lost while maintenance does not run; empty otherwise.';

create table public.webhook_overflow (
  id bigint generated always as identity primary key,
  bucket_start timestamptz not null,
  strategy_id uuid,
  outcome text not null,
  code text,
  count bigint not null,
  constraint webhook_overflow_one_row_per_bucket unique nulls not distinct (bucket_start, strategy_id, outcome, code)
);

comment on table public.webhook_overflow is
  'Duplicates and refusals beyond 600 a minute per strategy: counted by the minute, not kept one by one.';

select private.deny_clients('{public.webhook_requests,private.webhook_requests_default,public.webhook_overflow}');

select private.maintain_partitions('webhook_requests', 'received_at');

grant select on public.webhook_requests, public.webhook_overflow to service_role;
