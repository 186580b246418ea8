create table public.auth_failures (
  id bigint generated always as identity primary key,
  bucket_start timestamptz not null,
  strategy_id uuid,
  endpoint text not null
    constraint auth_failures_endpoint_is_known check (endpoint in ('universal', 'dedicated', 'worker')),
  reason text not null
    constraint auth_failures_reason_is_known check (reason in (
      'no_credential', 'malformed_credential', 'wrong_credential', 'rotated_secret', 'unlisted_method',
      'address_not_allowed', 'token_reused', 'unknown_strategy', 'archived_strategy')),
  is_own boolean not null default false,
  remote_ip inet,
  count bigint not null
    constraint auth_failures_count_positive check (count > 0),
  sample jsonb,
  told bigint not null default 0,
  recorded_in xid8 not null default pg_current_xact_id(),
  constraint auth_failures_one_row_per_bucket
    unique nulls not distinct (bucket_start, strategy_id, endpoint, reason, is_own, remote_ip)
)
with (fillfactor = 70); -- a row is counted on many times a minute, in place, since no index has what changes

comment on table public.auth_failures is
  'Requests that failed authentication, counted by the minute, after a day by the hour, for 30 days. A flood cannot '
  'fill the database: a minute has at most 200 rows, and one more for each strategy. Functions report every 2 seconds '
  'or 500 failures; a function that is killed loses no more than that.';
comment on column public.auth_failures.bucket_start is
  'The minute in which they were reported; after a day, the hour.';
comment on column public.auth_failures.strategy_id is
  'The strategy they were sent to; empty: an unknown one, or one of too many in a minute.';
comment on column public.auth_failures.reason is 'The reason for the failure, which is never revealed to the sender.';
comment on column public.auth_failures.is_own is
  'Whether the sender is one of ours: it shows an old secret or a valid credential, or its address was accepted '
  'lately.';
comment on column public.auth_failures.remote_ip is
  'The sender''s address, of IPv6 the network (/64); empty: unknown, or beyond the first 50 addresses of strangers, or '
  'the first 50 of our own senders, of the minute.';
comment on column public.auth_failures.sample is
  'One of them: its correlation id, by which trace_alert finds it, its arrival, the requested name and the user agent. '
  'Empty: one of too many addresses.';
comment on column public.auth_failures.told is
  'How many of them the monitor has counted in an incident of a known sender.';
comment on column public.auth_failures.recorded_in is
  'The transaction that counted last: the monitor sees each count, however late it commits.';

create index auth_failures_strategy_id on public.auth_failures (strategy_id, bucket_start);
create index auth_failures_correlation_id on public.auth_failures ((sample ->> 'correlation_id'));

create table private.auth_failure_flushes (
  isolate_id uuid primary key,
  last_flush bigint not null,
  recorded_at timestamptz not null default clock_timestamp()
);

comment on table private.auth_failure_flushes is
  'The last report of each isolate that was counted: an isolate sends its next only when one was answered, and sends '
  'it again under its number otherwise. Kept for a day.';

create index auth_failure_flushes_recorded_at on private.auth_failure_flushes (recorded_at);

select private.deny_clients('{public.auth_failures,private.auth_failure_flushes}');

create function private.is_new_flush(isolate_id uuid, flush bigint)
returns boolean
language plpgsql
volatile
set search_path = ''
as $$
begin
  insert into private.auth_failure_flushes as known (isolate_id, last_flush)
  values (is_new_flush.isolate_id, is_new_flush.flush)
  on conflict on constraint auth_failure_flushes_pkey
  do update set last_flush = excluded.last_flush, recorded_at = excluded.recorded_at
  where known.last_flush < excluded.last_flush;
  return found;
end;
$$;

comment on function private.is_new_flush(uuid, bigint) is
  'Whether an isolate''s report was not counted yet, and remembers that it is now.';

create function private.known_addresses(strategy_id uuid)
returns inet[]
language plpgsql -- see stated_position
stable
set search_path = ''
set enable_seqscan = off -- whatever the statistics say: the index has them in order
set enable_bitmapscan = off
set jit = off
as $$
begin
  return array(
    select distinct case family(remote_ip) when 6 then network(set_masklen(remote_ip, 64)) else remote_ip end
    from (
      select remote_ip from public.webhook_requests
      where webhook_requests.strategy_id = known_addresses.strategy_id and received_at > now() - interval '7 days'
      order by received_at desc
      limit 300) as recent
    where remote_ip is not null);
end;
$$;

comment on function private.known_addresses(uuid) is
  'Returns the addresses, of IPv6 the networks, of a strategy''s last 300 authenticated requests of 7 days.';

grant select on public.auth_failures to service_role;

revoke execute on function private.is_new_flush(uuid, bigint), private.known_addresses(uuid)
from public, anon, authenticated, service_role;
