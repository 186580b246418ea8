-- A release after this one: a column, a value of an enumeration, and an RPC of the hot path that does and answers more.
set local lock_timeout = '200ms';

alter table public.signals add column venue text;

alter type public.router_mode add value 'draining';

alter function public.ingest(jsonb, jsonb) set schema private;

create function public.ingest(alerts jsonb, urls jsonb default null)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
declare
  receipts jsonb := private.ingest(ingest.alerts, ingest.urls);
begin
  update public.signals set venue = coalesce(exchange, 'unknown')
  from jsonb_array_elements(receipts) as receipt
  where signals.id = (receipt ->> 'signal_id')::uuid and venue is null;
  return (
    select coalesce(jsonb_agg(receipt || '{"venue": "known"}' order by place), '[]')
    from jsonb_array_elements(receipts) with ordinality as listed (receipt, place));
end;
$$;

revoke execute on function public.ingest(jsonb, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.ingest(jsonb, jsonb) to service_role;
