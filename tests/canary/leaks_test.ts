/** Secrets that senders, targets and operators put in a hundred places are found in none but Vault. */
import assert from "node:assert/strict";
import { registerTo, wake } from "../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";
import { universalMeans } from "../support/senders.ts";
import { startSink } from "../support/sink.ts";
import { openChat } from "../support/telegram_chat.ts";
import { startOperators } from "../provision/incidents/operators.ts";
import type { Canaries } from "./canaries.ts";
import { DATA_DIR, foundIn, readLog, routesAside, tables } from "./places.ts";
import {
  answers,
  plantAround,
  PLANTED,
  plantInBodies,
  plantOwn,
} from "./plants.ts";

Deno.test({
  name: "what is planted in a hundred places leaves no trace outside Vault",
  ignore: !DATA_DIR,
  fn: async () => {
    await using database = openDatabase();
    await using operators = await startOperators(database.sql);
    await using chat = await openChat();
    await using sink = startSink();
    const logged = (await readLog("postgres.log")).length;
    const path = `planted${crypto.randomUUID()}`;
    const kit = await registerTo(`${sink.url}/${path}`, {
      "payload_schema": { properties: { quantity: { type: "number" } } },
      "max_signal_age": "1 day",
    });
    const other = await register();
    const universal = await universalMeans(kit);
    const canaries: Canaries = {
      ...PLANTED,
      "secret key": SECRET_KEY,
      "URL's path": path,
      secret: kit.secret,
      token: kit.token,
      "other secret": other.secret,
      "other token": other.token,
      "universal secret": universal.secret,
      "universal token": universal.token,
      "route's secret": kit.routes.find(({ secret }) => secret)!.secret!,
    };
    let answered = 0;
    sink.answer = ({ headers }) => {
      canaries[`signature ${answered}`] = headers.get("webhook-signature")!
        .slice("v1,".length);
      const all = answers(headers);
      return all[answered++ % all.length]!;
    };

    const places = await plantInBodies(kit.urls.dedicated, 0) +
      await plantInBodies(kit.urls.dedicated, 11) +
      await plantOwn(kit.urls.dedicated, kit, [
        other.secret,
        other.urls.dedicated,
        universal.secret,
        universal.token,
      ]) +
      await plantAround(kit);
    await failDeliveries(kit, () => answered);
    await plantInSql(kit);
    assert.ok(places + answered >= 100, `only ${places + answered} places`);

    await database.sql`select private.monitor()`;
    await operators.wake();
    await until(() => operators.webhook.deliveries.length > 0, "a message");
    const said = [
      ...await chat.say("/incidents"),
      ...await chat.say(`/incidents`, { group: -7001 }),
      ...await chat.say(`/url ${kit.strategy.slug}`, { group: -7001 }),
      ...await chat.say(`/strategies`),
    ].map(({ text }) => text);
    const shown = await Promise.all(
      ["/strategies", `/strategies/${kit.strategy.slug}`, "/incidents"]
        .concat("/runbook").map((path) => provision("GET", path)),
    );

    const texts = new Map([
      ...await tables(),
      ["postgres.log", (await readLog("postgres.log")).slice(logged)],
      ["functions.log", await readLog("functions.log")],
      ["the bot", said.join("\n")],
      ["provision", JSON.stringify(shown.map(({ body }) => body))],
      [
        "channels",
        [...operators.webhook.deliveries, ...operators.telegram.deliveries]
          .map(({ text }) => text).join("\n"),
      ],
    ]);
    // The table of routes is where a route's URL is kept.
    texts.set("public.routes", await routesAside(path));
    assert.ok(texts.get("public.webhook_requests")!.includes(kit.strategy.id));
    assert.ok(
      texts.get("public.dispatch_attempts")!.includes("Target answered 500"),
    );
    assert.ok(texts.get("public.incidents")!.includes("excerpt"));
    assert.ok(texts.get("channels")!.includes(kit.strategy.name));
    const found = [...texts].flatMap(([place, text]) =>
      foundIn(text, canaries).map((name) => `${place}: ${name}`)
    );
    assert.deepEqual(found, []);
  },
});

/** Lets the target answer some deliveries. */
async function failDeliveries(kit: Kit, answered: () => number): Promise<void> {
  for (let n = 0; n < 12; n++) {
    const alert = { signal: "BUY", symbol: `S${n}`, price: n + 1 };
    await send(kit.urls.dedicated, JSON.stringify(alert));
  }
  await wake();
  await until(() => answered() >= 5, "answers of the target");
}

/** Makes Postgres refuse statements that hold secrets, as an operator's mistake in Studio does. */
async function plantInSql({ strategy }: Kit): Promise<void> {
  await using database = openDatabase();
  const { sql } = database;
  const { jwt, secret, password } = PLANTED;
  const jwks = sql.json({ keys: [{ kty: "oct", k: jwt! }] });
  const mistakes = [
    sql`update strategies set jwks = ${jwks} where id = ${strategy.id}`,
    sql`update strategies set webhook_secret = ${secret!} where id = ${strategy.id}`,
    sql`insert into routes (kind, target, intents)
      values ('http', ${`https://x.test/${password}`}, '{nonsense}')`,
  ];
  for (const mistake of mistakes) await assert.rejects(mistake);
}
