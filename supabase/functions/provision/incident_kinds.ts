/** What each kind of incident means and what to do, in the words of the runbook. */
export const INCIDENT_KINDS: Record<string, [means: string, remedy: string]> = {
  auth_failures: [
    "many requests failed authentication within 5 minutes",
    "`auth_failures` says why and from where; `rotated_secret`: a sender needs the new URL; else narrow `allowed_ips`, or rotate",
  ],
  alert_refused: [
    "an authenticated alert was answered 4xx, and is lost",
    "the incident names the field; correct the sender's message, then explain it with `dry_run`",
  ],
  wrong_endpoint: [
    "alerts come again and again where their strategy takes none",
    "give the sender the strategy's open URL, or change its `routing` or the phase",
  ],
  rate_limited: [
    "more signals than the strategy's limit: they are held",
    "find out why it fires so often; raise `rate_limit_per_minute` if that is meant",
  ],
  hold_full: [
    "more are held than may wait: alerts are answered 429",
    "pause the strategy, or raise its limit",
  ],
  alert_storm: [
    "one alert fires so often that TradingView may stop it",
    "set the alert to once per bar close",
  ],
  silent_strategy: [
    "no signal for longer than `expected_every`",
    "look whether the alert is still active at the sender; TradingView's expire",
  ],
  position_gap: [
    "an alert says the position was another than the alert before it left",
    "an alert was lost, doubled or came out of order: compare with the broker before you go on",
  ],
  signal_expired: [
    "signals were too old when they could have been executed",
    "start the worker or mend the route; raise `max_signal_age` only if late is better than never",
  ],
  dead_letters: [
    "a target or a worker failed until the last attempt",
    "`dispatch_attempts` or `queue_outcomes` says why; mend it, then replay",
  ],
  route_down: [
    "a route fails again and again, or its queue is gone: it is paused",
    "mend the target; the next delivery that succeeds resumes it",
  ],
  dispatch_unwired: [
    "nobody can wake `dispatch`: the database does not know where it is",
    "call `provision` once, or set `router_settings.internal_url`",
  ],
  backlog: [
    "dispatches are due for too long",
    "look at the log of `dispatch`, and whether its cron jobs run",
  ],
  old_secret_in_use: [
    "a sender still uses a secret that ends within 6 hours",
    "give it the new URL before then",
  ],
};
