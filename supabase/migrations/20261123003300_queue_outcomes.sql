create table public.queue_outcomes (
  id bigint generated always as identity primary key,
  queue text not null,
  message_id bigint not null,
  signal_id uuid not null,
  strategy_id uuid not null,
  outcome text not null
    constraint queue_outcomes_outcome_is_known
    check (outcome in ('completed', 'rejected', 'dead', 'expired', 'cancelled')),
  reads integer not null,
  worker text,
  error text,
  settled_at timestamptz not null default clock_timestamp(),
  replayed_at timestamptz,
  cancelled_by uuid,
  result jsonb
    constraint queue_outcomes_result_is_an_object_of_4_kib
    check (jsonb_typeof(result) = 'object' and octet_length(result::text) <= 4096)
);

comment on table public.queue_outcomes is
  'Outcome of every message that left a queue; the message itself is in pgmq''s archive. What an operator deletes or '
  'archives by hand has none.';
comment on column public.queue_outcomes.outcome is
  'completed: by a worker · rejected: by a worker, for good · dead: read too often without success · expired: too '
  'late to be of use · cancelled: a close came after it, or nothing may be opened any more.';
comment on column public.queue_outcomes.reads is 'Times that it was handed out.';
comment on column public.queue_outcomes.worker is 'The worker that settled it; empty: the router.';
comment on column public.queue_outcomes.cancelled_by is 'The close that cancelled it; empty: none did.';
comment on column public.queue_outcomes.result is
  'Its worker''s account of it: the broker''s order id, price, quantity.';
comment on column public.queue_outcomes.replayed_at is 'When its signal was last replayed.';

create index queue_outcomes_queue_message_id on public.queue_outcomes (queue, message_id);
create index queue_outcomes_signal_id on public.queue_outcomes (signal_id);
create index queue_outcomes_settled_at on public.queue_outcomes (settled_at);

select private.deny_clients('{public.queue_outcomes}');

grant select on public.queue_outcomes to service_role;
