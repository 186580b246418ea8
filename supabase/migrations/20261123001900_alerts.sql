-- Functions on the way of an alert are in PL/pgSQL, which keeps their plans: one in SQL that sets its search_path is
-- never inlined, and is planned at each call.

create type private.alert_key as (
  kind text,
  value text,
  seconds double precision
);

comment on type private.alert_key is 'A dedupe key of an alert, and for how long it is kept.';

create type private.alert as (
  correlation_id uuid,
  arrived_at timestamptz,
  answer_by timestamptz,
  endpoint text,
  remote_ip inet,
  auth_method text,
  secret_id uuid,
  catalog_version bigint,
  settings_version bigint,
  strategy_id uuid,
  strategy_version bigint,
  raw_body text,
  repaired boolean,
  refusal jsonb,
  signal public.signals,
  payload text,
  keys private.alert_key[],
  body_digest text
);

comment on type private.alert is
  'An authenticated alert as the webhook function passes it to ingest: its sender, the versions it was judged by, and '
  'either its signal with payload and dedupe keys or its refusal {code, outcome, problem}.';
comment on column private.alert.arrived_at is 'When its request came, by this clock: its age is counted from here.';
comment on column private.alert.answer_by is 'From then on its sender was told that nothing was stored.';
comment on column private.alert.raw_body is 'The body with credentials masked, in base64.';

create type private.decision as (
  place integer,
  outcome text,
  is_signal boolean,
  is_exit boolean,
  is_reduced boolean,
  stores_keys boolean,
  request_outcome text,
  code text,
  signal_id uuid,
  request_id uuid,
  received_at timestamptz,
  expires_at timestamptz,
  untouched_secret uuid
);

comment on type private.decision is 'The decision of ingest on one alert of a batch.';
comment on column private.decision.place is 'The alert''s place in its batch, from 1.';
comment on column private.decision.outcome is 'As in the receipt, see ingest.';
comment on column private.decision.is_signal is 'Whether it becomes a signal: accepted, held or suppressed.';
comment on column private.decision.is_reduced is 'Whether it is a reversal of which only the closing half is sent on.';
comment on column private.decision.stores_keys is
  'Whether its keys are stored: those of a signal, and of the same alert again under another signature.';
comment on column private.decision.request_outcome is 'As recorded with code in webhook_requests; null: not recorded.';
comment on column private.decision.signal_id is 'The signal to store, or the one that the alert duplicates.';
comment on column private.decision.untouched_secret is
  'Its secret, if the secret''s last recorded use is more than a minute ago.';
