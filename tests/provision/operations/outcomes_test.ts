/** What became of signals, as operators see it: `signal_outcomes`, `GET /provision/signals`. */
import assert from "node:assert/strict";
import { claim, settle } from "../../delivery/workers/claims.ts";
import { registerTo, untilSettled } from "../../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

interface Listed {
  id: string;
  action: string;
  outcomes: { route: string | null; outcome: string; "cancelled_by": string }[];
}

/** Returns the strategy's signals, the oldest first. */
async function signalsOf({ strategy }: Kit): Promise<Listed[]> {
  const { body } = await provision<{ signals: Listed[] }>(
    "GET",
    `/signals?strategy=${strategy.slug}`,
  );
  return body.signals.toReversed();
}

const outcomesOf = (signals: Listed[]) =>
  signals.map(({ outcomes }) => outcomes.map(({ outcome }) => outcome).join());

Deno.test("a signal is waiting until a worker has executed it", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, "BUY");
  const before = outcomesOf(await signalsOf(kit));
  const [message] = await claim(kit);
  await settle("complete_signal", kit, message!);
  const after = outcomesOf(await signalsOf(kit));
  assert.deepEqual([before, after], [["waiting"], ["executed"]]);
});

Deno.test("a cancelled signal names the close that cancelled it", async () => {
  const kit = await register();
  await send(kit.urls.dedicated, "BUY");
  await send(kit.urls.dedicated, "closelong");
  await claim(kit);
  const [entry, close] = await signalsOf(kit);
  assert.deepEqual(
    entry!.outcomes.map(({ outcome, cancelled_by }) => [
      outcome,
      cancelled_by,
    ]),
    [["cancelled", close!.id]],
  );
});

Deno.test("a signal shows what a target did with it, without the target's path", async () => {
  await using database = openDatabase();
  await using sink = startSink();
  const kit = await registerTo(`${sink.url}/secret-path`);
  await send(kit.urls.dedicated, "BUY");
  await untilSettled(database.sql, kit);
  const [signal] = await signalsOf(kit);
  const delivered = signal!.outcomes.filter(({ route }) =>
    route?.startsWith("http")
  ).map(({ route, outcome }) => `${route} ${outcome}`);
  assert.deepEqual(delivered, ["http:127.0.0.1 delivered"]);
});

Deno.test("a signal that was sent on no route says why", async () => {
  const kit = await register({ status: "paused" });
  await send(kit.urls.dedicated, "BUY");
  assert.deepEqual(outcomesOf(await signalsOf(kit)), ["suppressed"]);
});
