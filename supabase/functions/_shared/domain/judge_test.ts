import assert from "node:assert/strict";
import { openBody } from "./alert/body.ts";
import {
  type AuthenticatedAlert,
  judgeAlert,
  type Step,
  type Verdict,
} from "./judge.ts";
import type { Settings, Strategy } from "./strategy.ts";
import { encode, SECRET, SETTINGS, STRATEGY } from "./testing.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
interface Deviation {
  text?: string;
  strategy?: Partial<Strategy> | null;
  settings?: Partial<Settings>;
  ingress?: Partial<AuthenticatedAlert["ingress"]>;
  proof?: AuthenticatedAlert["proof"];
  namesOther?: boolean;
}

/** An alert that every rule accepts, but for the deviation. */
function alertWith(
  { text = '{"signal":"BUY"}', ...own }: Deviation,
): AuthenticatedAlert {
  return {
    body: openBody(encode(text)),
    ingress: {
      endpoint: "dedicated",
      isPlainHttp: false,
      publicUrl: "https://example.com/functions/v1",
      ...own.ingress,
    },
    proof: own.proof ?? { hasNoTimestamp: false },
    snapshot: {
      version: 1,
      readAt: 0,
      settings: { ...SETTINGS, ...own.settings },
      ...(own.strategy !== null &&
        { strategy: { ...STRATEGY, ...own.strategy } }),
    },
    namesOther: own.namesOther ?? false,
    now: NOW,
  };
}

const codeOf = (verdict: Verdict) =>
  verdict.ok ? "accepted" : verdict.refusal.code;

const claims = (own: Record<string, unknown>) => ({
  hasNoTimestamp: false,
  claims: { aud: "gold", exp: 1, iat: 0, jti: "j", ...own },
});

const VERDICTS: [what: string, deviation: Deviation, code: string][] = [
  ["an alert without deviation", {}, "accepted"],
  ["plain http", { ingress: { isPlainHttp: true } }, "https_required"],
  [
    "plain http where it is allowed",
    { ingress: { isPlainHttp: true }, settings: { require_https: false } },
    "accepted",
  ],
  ["a text of no known form", { text: "hello there" }, "malformed_alert"],
  ["an array", { text: "[1]" }, "invalid_alert"],
  ["no strategy", { strategy: null }, "unknown_strategy"],
  [
    "an archived strategy",
    { strategy: { status: "archived" } },
    "unknown_strategy",
  ],
  [
    "a closed endpoint",
    { strategy: { routing: "universal" } },
    "wrong_endpoint",
  ],
  [
    "an endpoint that the phase closes",
    { settings: { phase: "universal" } },
    "wrong_endpoint",
  ],
  ["another strategy's name", { namesOther: true }, "strategy_mismatch"],
  ["an unknown action", { text: '{"signal":"MAYBE"}' }, "invalid_alert"],
  [
    "a payload that the strategy's schema forbids",
    {
      strategy: {
        checkPayload:
          () => [{ path: "x", code: "payload_schema", message: "" }],
      },
    },
    "invalid_alert",
  ],
  [
    "a symbol outside the token's claims",
    {
      text: '{"signal":"BUY","symbol":"Y"}',
      proof: claims({ symbols: ["X"] }),
    },
    "not_permitted",
  ],
  [
    "an action outside the token's claims",
    { proof: claims({ actions: ["exit"] }) },
    "not_permitted",
  ],
  [
    "an alert that fired too long ago",
    { text: '{"signal":"BUY","time":"2026-01-01T11:58:59Z"}' },
    "stale_alert",
  ],
];

for (const [what, deviation, code] of VERDICTS) {
  Deno.test(`judgeAlert() says ${code} to ${what}`, () => {
    assert.equal(codeOf(judgeAlert(alertWith(deviation))), code);
  });
}

Deno.test("judgeAlert() masks the strategy's secret in the payload", () => {
  const text = `{"signal":"BUY","comment":"${SECRET.text}"}`;
  const verdict = judgeAlert(alertWith({ text }));
  assert.ok(verdict.ok);
  assert.equal(verdict.accepted.payload, '{"signal":"BUY","comment":"***"}');
});

Deno.test("judgeAlert() hands the schema the payload as JSON.parse makes it", () => {
  const text = '{"signal":"BUY","a":{"b":[1.50,null,true,"x"]},"__proto__":1}';
  let seen: unknown;
  const checkPayload = (payload: unknown) => {
    seen = payload;
    return [];
  };
  judgeAlert(alertWith({ text, strategy: { checkPayload } }));
  assert.deepEqual(seen, JSON.parse(text));
});

const STEPS: [what: string, deviation: Deviation, steps: Step[]][] = [
  ["an accepted alert", {}, [
    "transport",
    "parse",
    "endpoint",
    "signal",
    "age",
    "dedupe",
  ]],
  ["a malformed alert", { text: "{" }, ["transport", "parse"]],
  ["an unknown strategy", { strategy: null }, [
    "transport",
    "parse",
    "endpoint",
  ]],
];

for (const [what, deviation, wanted] of STEPS) {
  Deno.test(`judgeAlert() traces the steps of ${what} up to the one that decides`, () => {
    const steps: Step[] = [];
    judgeAlert(alertWith(deviation), (step, work) => {
      steps.push(step);
      return work();
    });
    assert.deepEqual(steps, wanted);
  });
}

Deno.test("judgeAlert() passes on what is no refusal", () => {
  const checkPayload = () => {
    throw new TypeError("A bug");
  };
  assert.throws(
    () => judgeAlert(alertWith({ strategy: { checkPayload } })),
    TypeError,
  );
});
