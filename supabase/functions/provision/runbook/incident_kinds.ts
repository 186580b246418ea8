/** A kind of incident, as the runbook explains it. */
export interface IncidentKind {
  kind: string;
  meaning: string;
  remedy: string;
}

/** In the order of the runbook. */
export const INCIDENT_KINDS: readonly IncidentKind[] = [
  {
    kind: "auth_failures",
    meaning:
      "requests failed authentication: with a reason, of a sender of ours, from the first on; without, many within 5 minutes, or at 5 times within a day",
    remedy:
      "`rotated_secret`, `wrong_credential`: give the sender the new URL; `address_not_allowed`, `unlisted_method`: change the setting, or the sender; otherwise `auth_failures` says from where: narrow `allowed_ips`, or rotate",
  },
  {
    kind: "alert_refused",
    meaning: "an authenticated alert was refused (4xx) and is lost",
    remedy:
      "the incident shows the newest such alert, and the field that is wrong; correct the sender's message, then explain it with `dry_run`",
  },
  {
    kind: "wrong_endpoint",
    meaning:
      "alerts keep coming to an endpoint that is closed for their strategy",
    remedy:
      "give the sender the strategy's open URL, or change its `routing` or the phase",
  },
  {
    kind: "rate_limited",
    meaning: "more signals than the strategy's limit: they are held",
    remedy:
      "find out why it fires so often; raise `rate_limit_per_minute` if that is intended",
  },
  {
    kind: "hold_full",
    meaning: "no more signals can be held: alerts are refused (429)",
    remedy: "pause the strategy, or raise its limit",
  },
  {
    kind: "alert_storm",
    meaning: "one alert fires so often that TradingView may stop it",
    remedy: "set the alert to once per bar close",
  },
  {
    kind: "silent_strategy",
    meaning:
      "no signal for longer than `expected_every`, of which only `expected_calendar` counts",
    remedy:
      "check at the sender that the alert is still active: TradingView's alerts expire",
  },
  {
    kind: "position_gap",
    meaning:
      "an alert names a different previous position than the last alert of its symbol and timeframe left, or one that its action cannot change so",
    remedy:
      "an alert was lost, repeated or out of order, or a second sender has begun: compare with the broker before you continue",
  },
  {
    kind: "signal_expired",
    meaning:
      "signals were too old by the time they could be executed: no route took them",
    remedy:
      "start the worker or repair the route; raise `max_signal_age` only if late is better than never",
  },
  {
    kind: "exit_failed",
    meaning:
      "an exit expired, died, was refused or had no route left: a position may still be open",
    remedy:
      "compare with the broker now, and close by hand what is open; then repair the route, and replay only if it is still wanted",
  },
  {
    kind: "dead_letters",
    meaning:
      "a target or a worker failed at every attempt, or was too late with a signal that another route took",
    remedy:
      "`dispatch_attempts` or `queue_outcomes` says why; repair it, then replay, unless another route has the signal: it would get it again",
  },
  {
    kind: "signals_rejected",
    meaning:
      "a worker rejected three entries within an hour: it cannot execute them",
    remedy:
      "the incident shows the reason that the worker gave; repair it at the broker, then replay what is still wanted",
  },
  {
    kind: "worker_silent",
    meaning: "signals wait in a queue whose worker has stopped claiming",
    remedy:
      "look at the worker that the incident names, and when it was last seen; its signals expire with their age",
  },
  {
    kind: "route_down",
    meaning:
      "a route fails again and again, or its queue is gone: it is paused",
    remedy: "repair the target; the next successful delivery resumes it",
  },
  {
    kind: "route_disabled",
    meaning:
      "a target answered 410 (Gone) three times in a row: its route is off, and what waited for it is dead",
    remedy:
      'mend or change the target, then `PATCH /provision/strategies/SLUG/routes/ID` with `{"enabled": true}` (a route for every strategy: `enabled` in the table `routes`), and replay what is still wanted; or delete the route',
  },
  {
    kind: "dispatch_unwired",
    meaning: "`dispatch` cannot be woken: the database does not know its URL",
    remedy: "call `provision` once, or set `router_settings.internal_url`",
  },
  {
    kind: "backlog",
    meaning: "dispatches have been due for too long",
    remedy: "check the log of `dispatch`, and that its cron jobs run",
  },
  {
    kind: "old_secret_in_use",
    meaning: "a sender still uses a secret that ends within 6 hours",
    remedy: "give it the new URL before then",
  },
  {
    kind: "unreadable_secrets",
    meaning:
      "Vault cannot read secrets: the database was restored without Vault's root key, or moved without its secrets; what needs them fails, everything else works",
    remedy:
      "restore the root key; or rotate the universal secret and that of each strategy that `GET /provision/strategies` marks `unreadable` (their routes get new secrets too), then give the senders and targets what their kits say",
  },
  {
    kind: "monitor_stopped",
    meaning:
      "a watch of the monitor has not finished for 3 minutes: what it looks for is not reported",
    remedy:
      "`cron.job_run_details` says why (a lock, a timeout); `select private.run_watch('NAME')` runs it; if no job runs, restart the database",
  },
];
