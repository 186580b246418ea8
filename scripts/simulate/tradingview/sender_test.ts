/** Alerts are sent as TradingView sends them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openLedger, readLedger } from "../ledger/ledger.ts";
import type { Ledger } from "../ledger/lines.ts";
import { contentTypeOf, sendAlert, TRADINGVIEW } from "./sender.ts";

const TOKEN = "secret-token";
const PATIENCE = { ...TRADINGVIEW, resendAfterMs: 1 };

interface Sent {
  ledger: Ledger;
  /** The ledger as it is on disk. */
  text: string;
  requests: Request[];
}

/** No answer while the sender waits. */
const NEVER = "never";

/** Sends one alert to a server that answers as told, the n-th time for the n-th request. */
async function send(
  answers: (Response | typeof NEVER)[],
  { losesAnswer = false, giveUpAfterMs = 3000, ...options }: {
    losesAnswer?: boolean;
    giveUpAfterMs?: number;
    stop?: AbortSignal;
    origin?: string;
  } = {},
): Promise<Sent> {
  const dir = await Deno.makeTempDir();
  const requests: Request[] = [];
  const closing = Promise.withResolvers<Response>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      await request.text();
      requests.push(request);
      const answer = answers[requests.length - 1] ?? status(500);
      return answer instanceof Response ? answer : await closing.promise;
    },
  );
  const path = join(dir, "ledger.jsonl");
  try {
    using ledger = openLedger(path, { project: "http://127.0.0.1", seed: 1 });
    const {
      origin = `http://127.0.0.1:${server.addr.port}`,
      stop = AbortSignal.any([]),
    } = options;
    const url = `${origin}/?token=${TOKEN}`;
    await sendAlert(
      { alert: "Chart 1", strategy: "s", body: "BUY", losesAnswer },
      () => ({ url, isDead: false }),
      { ledger, signal: stop, patience: { ...PATIENCE, giveUpAfterMs } },
    );
    const text = await Deno.readTextFile(path);
    return { ledger: await readLedger(path), text, requests };
  } finally {
    closing.resolve(status(500));
    await server.shutdown();
    await Deno.remove(dir, { recursive: true });
  }
}

const status = (code: number) => new Response(null, { status: code });
const accepted = () =>
  Response.json({ status: "accepted", signal_id: "s1" }, {
    status: 202,
    headers: { "x-correlation-id": "c1" },
  });

for (const code of [500, 502, 503, 599]) {
  Deno.test(`after ${code} an alert is sent again`, async () => {
    const { requests } = await send([status(code), accepted()]);
    assert.equal(requests.length, 2);
  });
}

for (const code of [200, 302, 401, 422, 429, 504]) {
  Deno.test(`after ${code} an alert is not sent again`, async () => {
    const { requests } = await send([status(code)]);
    assert.equal(requests.length, 1);
  });
}

Deno.test("an alert is sent four times at most", async () => {
  const { requests } = await send([]);
  assert.equal(requests.length, 4);
});

Deno.test("TradingView gives up after 3 s, and sends again after 5 s", () => {
  assert.deepEqual(TRADINGVIEW, {
    giveUpAfterMs: 3000,
    resendAfterMs: 5000,
    maxSends: 4,
  });
});

Deno.test("an alert without an answer in time is not sent again", async () => {
  const { ledger } = await send([NEVER], { giveUpAfterMs: 50 });
  assert.deepEqual(ledger.sends.map(({ answer }) => answer), [undefined]);
});

Deno.test("an alert whose answer is lost is sent again", async () => {
  const { ledger } = await send([accepted(), accepted()], {
    losesAnswer: true,
  });
  assert.deepEqual(ledger.sends.map(({ answer }) => answer?.signal_id), [
    undefined,
    "s1",
  ]);
});

Deno.test("nothing is sent again once the simulation stops", async () => {
  const { requests } = await send([], { stop: AbortSignal.abort() });
  assert.equal(requests.length, 1);
});

Deno.test("a message that is no JSON is sent as text", () => {
  assert.deepEqual(['{"a":1}', '{"qty": ,}', "BUY"].map(contentTypeOf), [
    "application/json; charset=utf-8",
    "text/plain; charset=utf-8",
    "text/plain; charset=utf-8",
  ]);
});

Deno.test("the answer is in the ledger with its ids", async () => {
  const { ledger } = await send([accepted()]);
  const { at: _, ...answer } = ledger.sends[0]!.answer!;
  assert.deepEqual(answer, {
    kind: "answer",
    n: 1,
    status: 202,
    outcome: "accepted",
    signal_id: "s1",
    correlation_id: "c1",
  });
});

Deno.test("no token is in the ledger, even where an error quotes the URL", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const { text } = await send([], { origin });
  assert.ok(text.split("\n").at(-2)!.includes(origin), text);
  assert.ok(!text.includes(TOKEN));
});
