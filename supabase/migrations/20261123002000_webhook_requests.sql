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

select private.deny_clients('{public.webhook_requests,private.webhook_requests_default}');

select private.maintain_partitions('webhook_requests', 'received_at');

grant select on public.webhook_requests to service_role;

create function private.rank_refusals(alerts private.alert[], decisions private.decision[])
returns bigint[]
language plpgsql
volatile
set search_path = ''
as $$
begin
  return array(
    select case when request_outcome is not null and not is_signal then recent.count + row_number() over (
      partition by alert.strategy_id, request_outcome is not null and not is_signal order by decision.place) end
    from unnest(decisions) as decision
    join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
    left join (
      select strategy_id, (
        select count(*) from (
          select from public.webhook_requests
          where coalesce(webhook_requests.strategy_id, '00000000-0000-0000-0000-000000000000')
              = coalesce(refused.strategy_id, '00000000-0000-0000-0000-000000000000')
            and outcome in ('duplicate', 'invalid', 'refused')
            and received_at > now() - interval '1 minute' -- not clock_timestamp(): the index could not use it
          limit 600) as counted) as count
      from (
        select distinct alert.strategy_id
        from unnest(decisions) as decision
        join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
        where request_outcome is not null and not is_signal) as refused) as recent
      on recent.strategy_id is not distinct from alert.strategy_id
    order by decision.place);
end;
$$;

comment on function private.rank_refusals(private.alert[], private.decision[]) is
  'Ranks each request without a signal among those of its strategy in the last minute; null for a signal. Stops '
  'counting at 600.';

create function private.record_requests(
  alerts private.alert[], decisions private.decision[], has_refusals boolean)
returns void
language plpgsql
volatile
set search_path = ''
as $$
declare
  max_rows constant integer := 600;
  max_bodies constant integer := 60;
  ranks constant bigint[] := case when has_refusals then private.rank_refusals(alerts, decisions) end;
begin
  insert into public.webhook_requests (
    id, correlation_id, strategy_id, signal_id, endpoint, outcome, code, problem,
    auth_method, remote_ip, repaired, raw_body, received_at, duration_ms)
  select decision.request_id, alert.correlation_id, alert.strategy_id, decision.signal_id, alert.endpoint,
    decision.request_outcome, decision.code, alert.refusal -> 'problem', alert.auth_method, alert.remote_ip,
    coalesce(alert.repaired, false),
    case when coalesce(rank, 0) <= max_bodies then decode(alert.raw_body, 'base64') end,
    decision.received_at, extract(epoch from clock_timestamp() - decision.received_at) * 1000
  from unnest(decisions) with ordinality as decision
  join unnest(alerts) with ordinality as alert on alert.ordinality = decision.place
  left join unnest(ranks) with ordinality as ranked (rank, ordinality) on ranked.ordinality = decision.ordinality
  where request_outcome is not null and coalesce(rank, 0) <= max_rows;

  if ranks is not null then
    perform private.count_overflow(alerts, decisions, ranks, max_rows);
  end if;
end;
$$;

comment on function private.record_requests(private.alert[], private.decision[], boolean) is
  'Records the requests of a batch. Of those without a signal (has_refusals: there are any), max_rows a minute per '
  'strategy get a row, and max_bodies of them keep their body; the others are counted in webhook_overflow.';

revoke execute on function
  private.rank_refusals(private.alert[], private.decision[]),
  private.record_requests(private.alert[], private.decision[], boolean)
from public, anon, authenticated, service_role;
