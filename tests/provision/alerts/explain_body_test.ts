/** The forms in which an alert may be given to a dry run. */
import assert from "node:assert/strict";
import type {
  DryRunAnswer,
  ExplainedStep,
} from "../../../supabase/functions/_shared/provision_api/test_alert.ts";
import {
  FUNCTIONS_URL,
  type Problem,
  register,
  SECRET_KEY,
} from "../../support/project.ts";

/** Sends a request's text as it is: no serialiser may touch its numbers. */
async function dryRun(body: string): Promise<Response> {
  const { strategy } = await register();
  return await fetch(
    `${FUNCTIONS_URL}/provision/strategies/${strategy.slug}/test`,
    {
      method: "POST",
      headers: { apikey: SECRET_KEY },
      body: `{"dry_run": true, "body": ${body}}`,
    },
  );
}

async function explained(body: string): Promise<ExplainedStep[]> {
  return (await (await dryRun(body)).json() as DryRunAnswer).steps;
}

Deno.test("an alert may be given as an object, and its numbers stay as they are written", async () => {
  const steps = await explained('{"signal":"BUY","price":1900.10}');
  const { signal } = steps.find(({ step }) => step === "signal")!;
  assert.equal((signal as Record<string, unknown>).price, "1900.10");
});

Deno.test("a number that a double would change is refused in an object as in a text", async () => {
  const alert = '{"signal":"BUY","price":9007199254740993}';
  for (const body of [alert, JSON.stringify(alert)]) {
    const refused = (await explained(body)).find(({ ok }) => !ok);
    assert.equal(refused?.code, "invalid_alert");
  }
});

Deno.test("an object that nests too deep is explained, not an outage", async () => {
  const deep = `${'{"a":'.repeat(40)}1${"}".repeat(40)}`;
  const refused = (await explained(deep)).find(({ ok }) => !ok);
  assert.deepEqual([refused?.step, refused?.code], ["parse", "invalid_alert"]);
});

for (const body of ["1", "null", "[]", "true"]) {
  Deno.test(`${body} is neither an object nor a text, and is refused in one sentence`, async () => {
    const response = await dryRun(body);
    const problem: Problem = await response.json();
    assert.deepEqual(
      [response.status, problem.errors.map(({ path }) => path)],
      [422, ["body"]],
    );
  });
}

Deno.test("an alert of more than 64 KiB is refused, as the webhook refuses it", async () => {
  const response = await dryRun(JSON.stringify("ä".repeat(33_000)));
  const { errors }: Problem = await response.json();
  assert.match(errors[0]!.message, /64 KiB/);
});

const PLAIN: [text: string, warning: RegExp][] = [
  ["XAUUSD Crossing 1900.00", /default message of a price alert/],
  ["please buy gold", /Plain text without fields/],
  ['{"signal":"BUY","price":"1,234.5"}', /price has a thousands separator/],
  [
    "Gold: order buy @ 2 filled on XAUUSD. New strategy position is 2",
    /default strategy message/,
  ],
];

for (const [text, warning] of PLAIN) {
  Deno.test(`a dry run of ${text} says what is odd about it`, async () => {
    const { step, warnings } = (await explained(JSON.stringify(text))).at(-1)!;
    assert.equal(step, "lint");
    assert.match(String(warnings), warning);
  });
}
