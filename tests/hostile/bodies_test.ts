/** No body stops an isolate: each of ten thousand is read, judged and masked at once. */
import assert from "node:assert/strict";
import process from "node:process";
import { peekStrategyName } from "../../supabase/functions/_shared/domain/alert/alert.ts";
import { openBody } from "../../supabase/functions/_shared/domain/alert/body.ts";
import type { Bytes } from "../../supabase/functions/_shared/domain/bytes.ts";
import { judgeAlert } from "../../supabase/functions/_shared/domain/judge.ts";
import { compilePayloadSchema } from "../../supabase/functions/_shared/domain/payload_schema/payload_schema.ts";
import { secretTexts } from "../../supabase/functions/_shared/domain/strategy.ts";
import {
  encode,
  SETTINGS,
  STRATEGY,
} from "../../supabase/functions/_shared/domain/testing.ts";
import { hostileBodies } from "./bodies.ts";

/** CPU that a body may cost once the code is warm. */
const MAX_MS = 50;
/** A collection of garbage may make one measurement long, but not all. */
const MEASUREMENTS = 10;

const checkPayload = compilePayloadSchema({
  properties: {
    x: { type: ["string", "array", "number"], maxLength: 60_000 },
    link: { format: "url" },
  },
  additionalProperties: { type: ["string", "number"], pattern: "^[A-Z.]+$" },
});
const snapshot = {
  version: 1,
  readAt: 0,
  settings: SETTINGS,
  strategy: { ...STRATEGY, checkPayload },
};

/** Does all that an isolate does with a body, whatever comes of it. */
function receive(bytes: Bytes): void {
  const body = openBody(bytes);
  peekStrategyName(body);
  judgeAlert({
    body,
    ingress: {
      endpoint: "dedicated",
      isPlainHttp: false,
      publicUrl: "https://x.test",
    },
    proof: { hasNoTimestamp: false },
    snapshot,
    namesOther: false,
    now: new Date(0),
  });
  body.masked(secretTexts(snapshot));
}

/** Returns the CPU time of this process, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function millisecondsFor(bytes: Bytes): number {
  const before = cpuMs();
  receive(bytes);
  return cpuMs() - before;
}

Deno.test(`each of ten thousand hostile bodies of 64 KiB costs at most ${MAX_MS} ms`, () => {
  let count = 0;
  const slow: string[] = [];
  for (const text of hostileBodies()) {
    count++;
    const bytes = encode(text);
    assert.ok(bytes.length <= 65_536);
    let ms = millisecondsFor(bytes);
    for (let n = 1; n < MEASUREMENTS && ms > MAX_MS; n++) {
      ms = Math.min(ms, millisecondsFor(bytes));
    }
    if (ms > MAX_MS) {
      const shown = `${text.slice(0, 60)}…${text.slice(-9)}`;
      slow.push(`${Math.round(ms)} ms for ${JSON.stringify(shown)}`);
    }
  }
  assert.ok(count >= 10_000, `${count}`);
  assert.deepEqual(slow, []);
});
