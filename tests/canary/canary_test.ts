/** No credential is found anywhere but in Vault: not in a log, a table or a statistic. */
import assert from "node:assert/strict";
import { ALERT } from "../support/attempts.ts";
import { registerTo } from "../support/deliveries.ts";
import { send, until } from "../support/project.ts";
import { bareUrl } from "../support/senders.ts";
import { startSink } from "../support/sink.ts";
import { internalSecrets, rotate, spread } from "./canaries.ts";
import { DATA_DIR, foundIn, loggingAll, readLog, tables } from "./places.ts";

Deno.test({
  name:
    "no credential is found in the logs, the statistics or any table outside Vault",
  ignore: !DATA_DIR,
  fn: async () => {
    await using sink = startSink();
    const kit = await registerTo(sink.url);
    let canaries = await internalSecrets(kit);
    await loggingAll(async () => {
      canaries = { ...canaries, ...await spread(kit), ...await rotate(kit) };
      await send(`${bareUrl(kit)}?token=last`, ALERT);
      await until(() => sink.deliveries.length > 0, "a delivery");
    });
    const { slug } = kit.strategy;
    const log = await readLog("postgres.log");
    const output = await readLog("functions.log");
    // Failures are told within two seconds; only then is the audit whole.
    let rows = await tables();
    const told = () => rows.get("public.auth_failures")!.includes(slug);
    await until(async () => {
      rows = await tables();
      return told();
    }, "failures are told");

    // The search finds a secret that is there.
    assert.ok(
      foundIn(log, { slug }).length && foundIn(output, { slug }).length,
    );
    assert.ok(log.includes("ingest"), "Postgres did not log the calls");
    const kept = rows.get("public.signals")!;
    assert.ok(kept.includes(kit.strategy.id));
    assert.ok(rows.get("extensions.pg_stat_statements")!.includes("ingest"));

    const found = [
      ...foundIn(log, canaries).map((name) => `postgres.log: ${name}`),
      ...foundIn(output, canaries).map((name) => `functions.log: ${name}`),
      ...[...rows].flatMap(([table, text]) =>
        foundIn(text, canaries).map((name) => `${table}: ${name}`)
      ),
    ];
    assert.deepEqual(found, []);
  },
});
