import assert from "node:assert/strict";
import type { Runbook } from "../../_shared/provision_api/runbook.ts";
import { INCIDENT_KINDS } from "./incident_kinds.ts";
import { PROCEDURES } from "./procedures.ts";
import { renderRunbook } from "./render.ts";

const AT = "2026-11-23T00:00:00Z";
const SECRET = {
  mask: "whsec_…abcd",
  created_at: AT,
  expires_at: null,
  last_used_at: null,
};
const STRATEGY: Runbook["strategies"][number] = {
  name: "Gold",
  slug: "gold",
  status: "active",
  routing: "both",
  auth_methods: ["token"],
  rate_limit_per_minute: 7,
  over_limit: "hold",
  max_signal_age: "00:05:00",
  expected_every: null,
  expected_calendar: null,
  thresholds: null,
  routes: [],
  secrets: [],
};
const RUNBOOK: Runbook = {
  generated_at: AT,
  phase: "hybrid",
  functions_url: "https://example.com/functions/v1",
  limits: {
    universal_rate_limit_per_minute: null,
    raw_body_retention: "30 days",
    audit_retention: "400 days",
  },
  monitoring: {
    auth_failures: 10,
    alert_storm: 15,
    backlog: "00:01:00",
    quiet: "00:10:00",
  },
  universal_secrets: [],
  strategies: [STRATEGY],
  incidents: [],
  backlog: { dispatches: 0, oldest_due_seconds: 0, held: 0, incidents: 0 },
};

const linesWith = (own: Partial<Runbook> = {}) =>
  renderRunbook({ ...RUNBOOK, ...own }).split("\n");
const linesOf = (own: Partial<typeof STRATEGY>) =>
  linesWith({ strategies: [{ ...STRATEGY, ...own }] });

const DEDICATED = "* URL: `https://example.com/functions/v1/webhook/gold`";
const UNIVERSAL = "* URL: the universal endpoint";
const URLS: [phase: Runbook["phase"], routing: string, line: string][] = [
  ["hybrid", "both", DEDICATED],
  ["hybrid", "dedicated", DEDICATED],
  ["hybrid", "universal", UNIVERSAL],
  ["universal", "dedicated", UNIVERSAL],
  ["automated", "universal", DEDICATED],
];

for (const [phase, routing, line] of URLS) {
  Deno.test(`in phase ${phase} a strategy with routing ${routing} shows "${line}"`, () => {
    const lines = linesWith({ phase, strategies: [{ ...STRATEGY, routing }] });
    assert.ok(lines.includes(line));
  });
}

const STRATEGY_LINES: [
  what: string,
  own: Partial<typeof STRATEGY>,
  line: string,
][] = [
  [
    "without a credential",
    { auth_methods: [] },
    "* Credentials: none, nothing is accepted",
  ],
  [
    "without a limit",
    { rate_limit_per_minute: null },
    "* Limit: none (then hold); signals expire after 00:05:00",
  ],
  [
    "with thresholds of its own",
    { expected_every: "04:00:00", thresholds: { alert_storm: 5 } },
    "* Expected every: 04:00:00; own thresholds: alert_storm 5",
  ],
  [
    "with a route that is off",
    {
      routes: [{
        kind: "queue",
        target: "gold",
        enabled: false,
        disabled_at: AT,
      }],
    },
    `* Route: queue \`gold\` (off since ${AT})`,
  ],
  [
    "with a route whose target is gone",
    {
      routes: [{
        kind: "function",
        target: "trade",
        enabled: false,
        disabled_at: AT,
        is_gone: true,
      }],
    },
    `* Route: function \`trade\` (off since ${AT}: its target is gone)`,
  ],
  [
    "with a route to a URL, whose path may be a password,",
    {
      routes: [{
        kind: "http",
        target: "https://x.example/as-good-as-a-password",
        enabled: true,
      }],
    },
    "* Route: http `x.example`",
  ],
  [
    "with a route to what is no URL, as Studio takes it,",
    {
      routes: [{
        kind: "http",
        target: "https://x.example:99999/as-good-as-a-password",
        enabled: true,
      }],
    },
    "* Route: http `not a URL`",
  ],
  [
    "during a rotation",
    { secrets: [{ ...SECRET, expires_at: AT }] },
    `* \`whsec_…abcd\`: previous, works until ${AT}; made ${AT}; last used never`,
  ],
];

for (const [what, own, line] of STRATEGY_LINES) {
  Deno.test(`a strategy ${what} shows "${line}"`, () => {
    assert.ok(linesOf(own).includes(line));
  });
}

Deno.test("in phase automated the universal endpoint is closed", () => {
  const lines = linesWith({ phase: "automated" });
  assert.ok(lines.includes("* Universal endpoint: closed"));
});

Deno.test("while no URL is known the runbook says how it becomes known", () => {
  const text = renderRunbook({ ...RUNBOOK, functions_url: null });
  assert.match(text, /<functions URL unknown: call provision once>\/webhook/);
});

Deno.test("an open incident shows what it is about, since when, and how often", () => {
  const incidents = [{
    id: 4,
    kind: "route_down",
    strategy: "Gold",
    subject: "price\n# @all",
    status: "open",
    opened_at: AT,
    count: 2,
  }];
  assert.ok(
    linesWith({ incidents }).includes(
      `* #4 route_down of Gold price␤＃ ＠all: open since ${AT}, seen 2 times`,
    ),
  );
});

Deno.test("without open incidents the runbook says so", () => {
  assert.ok(linesWith().includes("None."));
});

Deno.test("every kind of incident and every procedure has a row of its table", () => {
  const rows = linesWith().filter((line) => line.startsWith("| "));
  const heads = 2 * 2;
  assert.equal(rows.length, INCIDENT_KINDS.length + PROCEDURES.length + heads);
  const columns = new Set(rows.map((row) => row.split(" | ").length));
  assert.deepEqual(columns, new Set([2, 3]));
});

Deno.test("a procedure is a command to paste", () => {
  assert.ok(
    linesWith().includes(
      "| pause it (record, do not dispatch) | `curl -X PATCH 'https://example.com/functions/v1/provision/strategies/SLUG' " +
        '-H "apikey: $SUPABASE_SECRET_KEY" -d \'{"status":"paused"}\'` |',
    ),
  );
});
