create function private.open_replay(
  signal_ids uuid[], strategy text, from_time timestamptz, to_time timestamptz, status text, replay_id uuid)
returns private.replays
language plpgsql
volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  replay private.replays;
begin
  if num_nonnulls(open_replay.signal_ids, open_replay.strategy, open_replay.from_time, open_replay.status) > 0 then
    insert into private.replays (id, signal_ids, strategy_id, from_time, to_time, status)
    values (
      coalesce(open_replay.replay_id, gen_random_uuid()),
      open_replay.signal_ids,
      case when open_replay.strategy is not null then (private.strategy_called(open_replay.strategy)).id end,
      coalesce(open_replay.from_time, '-infinity'),
      -- Not what is accepted while it goes on: that is sent by itself.
      least(open_replay.to_time, clock_timestamp()),
      open_replay.status)
    on conflict (id) do nothing
    returning * into replay;
    if found then
      return replay;
    end if;
  elsif open_replay.replay_id is null then
    raise exception 'Cannot replay everything: give signals, a strategy, a time or a status'
      using errcode = 'invalid_parameter_value';
  end if;
  -- One step at a time: a second one waits, and goes on where this one ends.
  select * into replay from private.replays where id = open_replay.replay_id for update;
  if not found then
    raise exception 'There is no replay %', open_replay.replay_id using errcode = 'no_data_found';
  end if;
  return replay;
end;
$$;

comment on function private.open_replay(uuid[], text, timestamptz, timestamptz, text, uuid) is
  'Returns a replay, locked: a new one, or the one of this id, however it is described.';

create function public.replay_signals(
  signal_ids uuid[] default null, strategy text default null, from_time timestamptz default null,
  to_time timestamptz default null, status text default null, actor text default null,
  replay_id uuid default null, at_most integer default 1000)
returns jsonb
language plpgsql
volatile
security definer -- writes what the caller may only read
set search_path = ''
as $$
#variable_conflict use_column
declare
  replay private.replays;
  step private.replay_step;
  sendings private.sending[];
  sent bigint;
begin
  perform private.declare_actor(replay_signals.actor);
  replay := private.open_replay(
    replay_signals.signal_ids, replay_signals.strategy, replay_signals.from_time, replay_signals.to_time,
    replay_signals.status, replay_signals.replay_id);
  if replay.is_done then
    return jsonb_build_object('replay_id', replay.id, 'signals', replay.signals, 'done', true);
  end if;

  step := private.next_step(replay, replay_signals.at_most);
  sendings := private.skip_missing_queues(private.replay_sendings(replay, step.signals));
  perform private.send(sendings, replay.id);
  update public.signals set status = 'accepted', expires_at = renewed.expires_at
  from (
    select distinct (signal).id, (signal).expires_at from unnest(sendings)) as renewed
  where signals.id = renewed.id;
  get diagnostics sent = row_count;
  update public.queue_outcomes set replayed_at = now()
  where signal_id = any (array(select (signal).id from unnest(sendings)));

  update private.replays set
    signals = signals + sent, read_until = step.read_until, last_id = step.last_id, is_done = step.is_last
  where id = replay.id
  returning * into replay;
  if sent > 0 or replay.signals = 0 and replay.is_done then
    insert into public.strategy_events (strategy_id, event, details)
    values (replay.strategy_id, 'signals_replayed', jsonb_strip_nulls(jsonb_build_object(
      'replay_id', replay.id, 'signals', sent, 'signal_ids', to_jsonb(replay.signal_ids[1:100]),
      'from', nullif(replay.from_time, '-infinity'), 'to', replay.to_time, 'status', replay.status)));
  end if;
  return jsonb_build_object('replay_id', replay.id, 'signals', replay.signals, 'done', replay.is_done);
end;
$$;

comment on function public.replay_signals(
  uuid[], text, timestamptz, timestamptz, text, text, uuid, integer) is
  'Sends signals again, at most at_most: {replay_id, signals, done}; signals counts all that were sent so far. While '
  'done is false, call it again with the replay_id. status is a signal''s status, or dead: sends dead signals again on '
  'the routes on which they died. Their age starts anew; dedupe does not apply.';

revoke execute on function
  private.open_replay(uuid[], text, timestamptz, timestamptz, text, uuid),
  public.replay_signals(uuid[], text, timestamptz, timestamptz, text, text, uuid, integer)
from public, anon, authenticated, service_role;
grant execute on function
  public.replay_signals(uuid[], text, timestamptz, timestamptz, text, text, uuid, integer)
to service_role;
