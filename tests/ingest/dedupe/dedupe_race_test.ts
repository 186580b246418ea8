/** Once is once, also when equal alerts come at the same moment, and to several isolates. */
import assert from "node:assert/strict";
import { startIsolate } from "../../support/isolate.ts";
import { openDatabase, register, send } from "../../support/project.ts";
import {
  bareUrl,
  numberedAlert as alert,
  standardHeaders,
} from "../../support/senders.ts";
import { countSignals } from "./dedupe.ts";

Deno.test("a hundred bodies at once under one webhook-id make one signal, and the others are marked in the audit", async () => {
  await using database = openDatabase();
  const kit = await register();
  const id = crypto.randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => {
      const headers = standardHeaders(kit.secret, alert(n), { id });
      return send(bareUrl(kit), alert(n), headers);
    }),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [...Array.from({ length: 99 }, () => 200), 202]);
  assert.equal(await countSignals(kit), 1);
  const [row] = await database.sql`
    select count(*)::int as marked from webhook_requests
    where strategy_id = ${kit.strategy.id} and code = 'duplicate_mismatch'`;
  assert.equal(row!.marked, 99);
});

Deno.test("the same alert at three isolates at once makes one signal, round after round", async () => {
  await using first = await startIsolate("webhook");
  await using second = await startIsolate("webhook");
  const kit = await register();
  const at = (url: string) => [url, first.at(url), second.at(url)];
  for (const url of at(bareUrl(kit))) {
    assert.equal((await send(url, "")).status, 401);
  }
  for (let round = 0; round < 25; round++) {
    const body = alert(round);
    const headers = standardHeaders(kit.secret, body);
    const answers = await Promise.all(
      at(bareUrl(kit)).map((url) => send(url, body, headers)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 200, 202]);
  }
  assert.equal(await countSignals(kit), 25);
});
