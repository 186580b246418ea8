/** Calls of the database: how few there are, and what shares them. */
import assert from "node:assert/strict";
import { startBehindProxy } from "../../support/isolate.ts";
import { API_URL, register, SECRET_KEY, send } from "../../support/project.ts";
import { bareUrl, numberedAlert as alert } from "../../support/senders.ts";

Deno.test("a warm accepted alert takes one round trip to the database", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(1))).status, 202);
  proxy.calls.length = 0;
  assert.equal((await send(url, alert(2))).status, 202);
  assert.deepEqual(proxy.calls, ["ingest"]);
});

Deno.test("fifty alerts at once share their round trips", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(kit.urls.dedicated);
  assert.equal((await send(url, alert(0))).status, 202);
  proxy.calls.length = 0;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => send(url, alert(n + 1))),
  );
  assert.ok(answers.every(({ status }) => status === 202));
  assert.ok(proxy.calls.length <= 10, `${proxy.calls.length} round trips`);
});

Deno.test("however many are refused meanwhile, they share the next reading of the catalog", async () => {
  await using isolate = await startBehindProxy("webhook");
  const { proxy } = isolate;
  const kit = await register();
  const url = isolate.at(bareUrl(kit));
  const refused = (n: number) => send(`${url}?token=wrong${n}`, alert(n));
  await refused(0);
  const gate = Promise.withResolvers<void>();
  proxy.calls.length = 0;
  proxy.before = (name) => name === "read_catalog" ? gate.promise : undefined;
  const answers = Array.from({ length: 450 }, (_, n) => refused(n));
  // It answers in the order of arrival: this one came last, and asks nothing.
  await fetch(url).then((response) => response.body?.cancel());
  gate.resolve();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([401]));
  const readings = proxy.calls.filter((name) => name === "read_catalog").length;
  assert.ok(readings <= 3, `${readings} readings`);
});

/** Postgres cannot read it, or PostgREST cannot. */
for (const code of ["22P05", "PGRST102"]) {
  Deno.test(`an alert that is answered ${code} for what it says fails alone`, async () => {
    await using isolate = await startBehindProxy("webhook");
    const { proxy } = isolate;
    const kit = await register();
    const url = isolate.at(kit.urls.dedicated);
    assert.equal((await send(url, alert(0))).status, 202);
    let refused = 0;
    proxy.before = (name, { text }) => {
      if (name !== "ingest" || !text.includes("UNREADABLE")) return;
      refused++;
      return Response.json({ code, message: "" }, { status: 400 });
    };
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        send(
          url,
          n === 20 ? '{"signal":"BUY","symbol":"UNREADABLE"}' : alert(n + 1),
        )),
    );
    const statuses = answers.map(({ status }) => status);
    const expected = Array(40).fill(202).with(20, 503);
    assert.deepEqual(statuses, expected, `${refused} calls were refused`);
  });
}

Deno.test("a read of provision takes one round trip to the database", async () => {
  await using isolate = await startBehindProxy("provision");
  const { strategy } = await register();
  const read = (path: string) =>
    fetch(isolate.at(`${API_URL}/functions/v1/provision${path}`), {
      headers: { apikey: SECRET_KEY },
    }).then((response) => response.text());
  await read("/phase");
  isolate.proxy.calls.length = 0;
  for (
    const path of [
      "/strategies",
      `/strategies/${strategy.slug}`,
      `/strategies/${strategy.slug}?reveal=true`,
      "/universal",
      "/signals",
      "/runbook",
    ]
  ) await read(path);
  assert.deepEqual(isolate.proxy.calls, [
    "list_strategies",
    "show_strategy",
    "read_kit",
    "show_universal",
    "list_signals",
    "read_runbook",
  ]);
});
