/** The rival's prepared statements. */

/** Returns no row for a duplicate. */
export const INGEST = {
  name: "ingest",
  text: `
    with reserved as (
      insert into dedupe_keys (strategy_id, digest, signal_id, expires_at)
      values ($1, $2, $3, now() + interval '30 seconds')
      on conflict (strategy_id, digest) do update
      set signal_id = excluded.signal_id, expires_at = excluded.expires_at
      where dedupe_keys.expires_at <= now()
      returning signal_id
    ),
    signal as (
      insert into signals (id, strategy_id, request_id, action, symbol, price, quantity, confidence, payload)
      select signal_id, $1, $4, $5, $6, $7, $8, $9, $10 from reserved
    ),
    request as (
      insert into requests (id, strategy_id, signal_id, outcome, raw_body)
      values ($4, $1, (select signal_id from reserved),
        case when exists (select from reserved) then 'accepted' else 'duplicate' end, $11)
    ),
    message as (
      insert into pgmq.q_alerts (vt, message)
      select clock_timestamp(), jsonb_build_object(
        'signal_id', signal_id, 'correlation_id', $4::uuid, 'strategy', $12::text, 'action', $5::text,
        'symbol', $6::text, 'price', $7::numeric, 'payload', $10::jsonb)
      from reserved
    )
    select signal_id from reserved`,
};

/** Returns the signal of the alert that came first. */
export const FIRST = {
  name: "first",
  text:
    "select signal_id from dedupe_keys where strategy_id = $1 and digest = $2",
};
