/** A contender that breaks the contract is found out, whatever it breaks. */
import assert from "node:assert/strict";
import { Failure } from "../../cli/failure.ts";
import type { Contender } from "./contender.ts";
import { checkContract } from "./contract.ts";

type Flaw =
  | "refuses all"
  | "stores nothing"
  | "queues nothing"
  | "forgets"
  | "trusts all"
  | "takes nonsense";

/** Starts a contender that keeps the contract but for its flaw, with its rows in memory. */
function startContender(flaw?: Flaw): Contender & AsyncDisposable {
  let signals = new Map<string, string>();
  const accept = (text: string, id: string) => {
    if (flaw !== "stores nothing") signals.set(text, id);
    return Response.json({ status: "accepted", signal_id: id }, {
      status: 202,
    });
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const text = await request.text();
      const isGood = request.url.endsWith("token=good") &&
        flaw !== "refuses all";
      if (!isGood && flaw !== "trusts all") {
        return Response.json({}, { status: 401 });
      }
      if (text.includes("MAYBE") && flaw !== "takes nonsense") {
        return Response.json({}, { status: 422 });
      }
      const known = flaw === "forgets" ? undefined : signals.get(text);
      return known
        ? Response.json({ status: "duplicate", signal_id: known })
        : accept(text, crypto.randomUUID());
    },
  );
  return {
    name: "contender",
    address: { hostname: "127.0.0.1", port: server.addr.port },
    path: (strategy, token = "good") => `/${strategy}?token=${token}`,
    headers: {},
    store: {
      count: () =>
        Promise.resolve({
          requests: signals.size,
          signals: signals.size,
          messages: flaw === "queues nothing" ? 0 : signals.size,
        }),
      reset: () => {
        signals = new Map();
        return Promise.resolve();
      },
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("who keeps the contract is timed", async () => {
  await using contender = startContender();
  await checkContract(contender);
});

const FLAWS: [flaw: Flaw, reason: RegExp][] = [
  ["refuses all", /does not accept alerts/],
  ["stores nothing", /20 alerts left \{"requests":0/],
  ["queues nothing", /"messages":0/],
  ["forgets", /does not recognise a duplicate/],
  ["trusts all", /takes a wrong token/],
  ["takes nonsense", /takes an unknown action/],
];

for (const [flaw, reason] of FLAWS) {
  Deno.test(`a contender that ${flaw} is not timed`, async () => {
    await using contender = startContender(flaw);
    await assert.rejects(
      checkContract(contender),
      (error) => error instanceof Failure && reason.test(error.message),
    );
  });
}
