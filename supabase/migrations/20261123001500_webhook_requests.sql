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

comment on table public.webhook_requests is 'Every authenticated request and its outcome. Partitioned by month.';
comment on column public.webhook_requests.correlation_id is 'The id in the response, the signal and outgoing messages.';
comment on column public.webhook_requests.strategy_id is 'The strategy it was sent to; empty: an unknown one.';
comment on column public.webhook_requests.signal_id is 'Its signal, or the signal that it duplicates.';
comment on column public.webhook_requests.endpoint is
  'universal: the payload named the strategy · dedicated: it came to the strategy''s own URL.';
comment on column public.webhook_requests.outcome is
  'invalid: could not be read (400, 422) · refused: not allowed (403, 429).';
comment on column public.webhook_requests.code is
  'The problem code of the response, or duplicate_mismatch: a known id with another body.';
comment on column public.webhook_requests.problem is 'The reasons in the response.';
comment on column public.webhook_requests.auth_method is 'The credential that authenticated it.';
comment on column public.webhook_requests.remote_ip is 'The sender''s address as the last trusted hop reported it.';
comment on column public.webhook_requests.repaired is
  'Whether the body was almost JSON and was read after a narrow repair.';
comment on column public.webhook_requests.raw_body is
  'The bytes as they came, with credentials masked. Cleared after router_settings.raw_body_retention.';
comment on column public.webhook_requests.received_at is 'The time at which it arrived, by the database''s clock.';
comment on column public.webhook_requests.duration_ms is 'Time from its arrival to this record.';
comment on column public.webhook_requests.recorded_in is
  'The recording transaction: the monitor sees each row exactly once, however late it commits.';

create index webhook_requests_strategy_id_received_at on public.webhook_requests (strategy_id, received_at desc);
create index webhook_requests_received_at on public.webhook_requests (received_at desc);
create index webhook_requests_correlation_id on public.webhook_requests (correlation_id);

-- For counting the requests without a signal, see record_request.
create index webhook_requests_not_signals on public.webhook_requests
  (coalesce(strategy_id, '00000000-0000-0000-0000-000000000000'), received_at)
  where outcome in ('duplicate', 'invalid', 'refused');

create table private.webhook_requests_default partition of public.webhook_requests default;

comment on table private.webhook_requests_default is
  'Takes rows of months without a partition, so that nothing is lost if maintenance does not run. Otherwise empty.';

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
  'Counts, by the minute, of the duplicates and refusals that are too many to be kept one by one, see record_request.';

select private.deny_clients('{public.webhook_requests,private.webhook_requests_default,public.webhook_overflow}');

select private.maintain_partitions('webhook_requests', 'received_at');

grant select on public.webhook_requests, public.webhook_overflow to service_role;

create function private.recent_refusals(strategy_id uuid, at_most integer)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*)
  from (
    select from public.webhook_requests
    where coalesce(webhook_requests.strategy_id, '00000000-0000-0000-0000-000000000000')
        = coalesce(recent_refusals.strategy_id, '00000000-0000-0000-0000-000000000000')
      and outcome in ('duplicate', 'invalid', 'refused')
      and received_at > now() - interval '1 minute' -- not clock_timestamp(): the index could not use it
    limit at_most) as recent;
$$;

comment on function private.recent_refusals(uuid, integer) is
  'Counts the requests without a signal that were recorded in the last minute, up to at_most.';

create function private.record_request(
  alert private.alert, request_id uuid, received_at timestamptz, outcome text, code text, signal_id uuid)
returns public.webhook_overflow
language plpgsql
volatile
set search_path = ''
as $$
declare
  overflow public.webhook_overflow;
  max_rows constant integer := 600;
  max_bodies constant integer := 60;
  is_signal boolean := record_request.outcome in ('accepted', 'held', 'suppressed');
  recent bigint := case when is_signal then 0 else private.recent_refusals(alert.strategy_id, max_rows) end;
begin
  -- A runaway sender must not fill the database.
  if recent >= max_rows then
    overflow.bucket_start := date_trunc('minute', clock_timestamp());
    overflow.strategy_id := alert.strategy_id;
    overflow.outcome := record_request.outcome;
    -- Duplicates are counted in one row, whatever their bodies.
    overflow.code := case when record_request.outcome <> 'duplicate' then record_request.code end;
    overflow.count := 1;
    return overflow;
  end if;

  insert into public.webhook_requests (
    id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem,
    auth_method, remote_ip, repaired, raw_body, received_at, duration_ms)
  values (
    record_request.request_id,
    alert.correlation_id,
    alert.strategy_id,
    record_request.signal_id,
    alert.endpoint,
    record_request.outcome,
    record_request.code,
    alert.refusal -> 'problem',
    alert.auth_method,
    alert.remote_ip,
    coalesce(alert.repaired, false),
    case when recent < max_bodies then decode(alert.raw_body, 'base64') end,
    record_request.received_at,
    extract(epoch from clock_timestamp() - record_request.received_at) * 1000);
  return null;
end;
$$;

comment on function private.record_request(private.alert, uuid, timestamptz, text, text, uuid) is
  'Records a request. Of those without a signal, max_rows a minute per strategy get a row, and max_bodies of them '
  'keep their body. Returns what to count instead; null if there is a row.';

create function private.count_overflow(overflow public.webhook_overflow[])
returns void
language sql
volatile
set search_path = ''
as $$
  insert into public.webhook_overflow as bucket (bucket_start, strategy_id, outcome, code, count)
  select bucket_start, strategy_id, outcome, code, sum(count)
  from unnest(count_overflow.overflow)
  where count is not null
  group by bucket_start, strategy_id, outcome, code
  order by bucket_start, strategy_id, outcome, code -- the same order everywhere: batches cannot deadlock
  on conflict on constraint webhook_overflow_one_row_per_bucket do update set count = bucket.count + excluded.count;
$$;

comment on function private.count_overflow(public.webhook_overflow[]) is
  'Adds up the requests of a batch that have no row, see record_request.';

revoke execute on function
  private.recent_refusals(uuid, integer), private.record_request(private.alert, uuid, timestamptz, text, text, uuid),
  private.count_overflow(public.webhook_overflow[])
from public, anon, authenticated, service_role;
