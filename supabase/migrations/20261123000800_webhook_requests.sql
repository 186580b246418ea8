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
  primary key (id, received_at)
) partition by range (received_at);

comment on table public.webhook_requests is 'Every authenticated request and what became of it. Partitioned by month.';
comment on column public.webhook_requests.signal_id is 'The signal it made, or of which it is a duplicate.';
comment on column public.webhook_requests.outcome is 'invalid: could not be read (400, 422) · refused: not allowed (403, 429).';
comment on column public.webhook_requests.code is 'The answer''s problem code, or duplicate_mismatch: another body under a known id.';
comment on column public.webhook_requests.problem is 'What the answer said was wrong.';
comment on column public.webhook_requests.remote_ip is 'Who sent it, as the last trusted hop saw it.';
comment on column public.webhook_requests.repaired is 'The body was almost JSON and was read after a narrow repair.';
comment on column public.webhook_requests.raw_body is 'The bytes as they came; credentials in them are masked. Cleared after router_settings.raw_body_retention.';
comment on column public.webhook_requests.duration_ms is 'From arrival to being recorded.';

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

create function private.make_request_partition(month date)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  starts_on date := date_trunc('month', make_request_partition.month);
  ends_on date := starts_on + interval '1 month';
  partition text := 'webhook_requests_' || to_char(starts_on, 'YYYY_MM');
begin
  if to_regclass('private.' || partition) is not null then
    return;
  end if;

  execute format('create table private.%I (like public.webhook_requests including defaults including constraints)', partition);
  execute format('comment on table private.%I is %L', partition, 'Requests of ' || to_char(starts_on, 'YYYY-MM') || '.');
  perform private.deny_clients(array[format('private.%I', partition)::regclass]);
  -- The default partition may hold rows of this month: they move in the same transaction.
  execute format(
    'with moved as (
       delete from private.webhook_requests_default where received_at >= %L and received_at < %L returning *)
     insert into private.%I select * from moved',
    starts_on::timestamptz, ends_on::timestamptz, partition);
  execute format(
    'alter table public.webhook_requests attach partition private.%I for values from (%L) to (%L)',
    partition, starts_on::timestamptz, ends_on::timestamptz);
end;
$$;

comment on function private.make_request_partition(date) is
  'Makes the partition of a month, with what already lies in the default one. Does nothing if it exists.';

create function private.maintain_request_partitions()
returns void
language plpgsql
volatile
set search_path = ''
set timezone = 'UTC'
as $$
begin
  -- Every month that lies in the default partition, this one, and two ahead.
  perform private.make_request_partition(month)
  from (
    select distinct date_trunc('month', received_at)::date as month from private.webhook_requests_default
    union
    select (date_trunc('month', now()) + make_interval(months => ahead))::date from generate_series(0, 2) as ahead
  ) as months;
end;
$$;

comment on function private.maintain_request_partitions() is 'Keeps partitions two months ahead; run daily by cron.';

select private.maintain_request_partitions();

grant select on public.webhook_requests, public.webhook_overflow to service_role;
