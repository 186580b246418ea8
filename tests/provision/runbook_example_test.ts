import assert from "node:assert/strict";
import {
  type Runbook,
  runbookSchema,
} from "../../supabase/functions/_shared/provision_api/runbook.ts";
import { renderRunbook } from "../../supabase/functions/provision/runbook/render.ts";
import { provision } from "../support/project.ts";

const EXAMPLE = new URL("../../docs/runbook.md", import.meta.url);
const SEED = [
  { name: "DynamicGoldBreakout" },
  {
    name: "DynamicForexSwing",
    routing: "dedicated",
    "auth_methods": ["hmac"],
    "rate_limit_per_minute": 30,
    "expected_every": "4 hours",
    "expected_calendar": {
      weekdays: ["sun", "mon", "tue", "wed", "thu"],
      from: "17:00",
      to: "17:00",
      "time_zone": "America/New_York",
    },
    routes: [{ kind: "function", target: "paper-trader", actions: ["buy"] }],
  },
];
const AT = "2026-11-23T00:00:00Z";

/** The state with what differs from run to run made plain, and without other tests' strategies. */
function plain(runbook: Runbook): Runbook {
  const secrets = (list: Runbook["universal_secrets"]) =>
    list.map((one) => ({
      ...one,
      mask: "whsec_…abcd",
      "created_at": AT,
      "last_used_at": null,
    })).slice(0, 1);
  return {
    ...runbook,
    "generated_at": AT,
    "functions_url": "https://example.supabase.co/functions/v1",
    "universal_secrets": secrets(runbook.universal_secrets),
    strategies: runbook.strategies
      .filter(({ name }) => SEED.some((seed) => seed.name === name))
      .map((one) => ({ ...one, secrets: secrets(one.secrets) })),
    incidents: [],
    backlog: { dispatches: 0, "oldest_due_seconds": 0, held: 0, incidents: 0 },
  };
}

Deno.test("docs/runbook.md is what the runbook of such a database looks like", async () => {
  for (const seed of SEED) await provision("POST", "/strategies", seed);
  const { body } = await provision("GET", "/runbook");
  const text = renderRunbook(plain(runbookSchema.parse(body)));
  if (Deno.env.get("UPDATE_EXAMPLES")) await Deno.writeTextFile(EXAMPLE, text);
  assert.equal(await Deno.readTextFile(EXAMPLE), text);
});
