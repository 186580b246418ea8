/** No credential is found anywhere but in Vault: not in a log, a table or a statistic. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import postgres, { type Sql } from "postgres";
import { ALERT } from "../support/attempts.ts";
import { registerTo } from "../support/deliveries.ts";
import {
  type Kit,
  openDatabase,
  provision,
  send,
  until,
} from "../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  hs256,
  hubHeaders,
  standardHeaders,
  universalMeans,
} from "../support/senders.ts";
import { startSink } from "../support/sink.ts";

/** Absent where the stack is not ours: its logs are then out of reach. */
const DATA_DIR = Deno.env.get("STACK_DATA_DIR");

/** A text that stands nowhere else. */
function marker(name: string): string {
  return `canary${name}${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Secrets that must not be found, by their kind. */
type Canaries = Record<string, string>;

/** On a local stack every role has the same password. */
async function asSuperuser(
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  const url = new URL(Deno.env.get("DATABASE_URL")!);
  url.username = "supabase_admin";
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

/** Runs `work` while Postgres logs every statement with its parameters. */
async function loggingAll(work: () => Promise<void>): Promise<void> {
  const set = (value: string) =>
    asSuperuser(async (sql) => {
      await sql.unsafe(`alter system ${value}`);
      await sql`select pg_reload_conf()`;
    });
  const logs = async (level: string) => {
    let shown = "";
    await asSuperuser(async (sql) => {
      shown = (await sql`show log_statement`)[0]!.log_statement;
    });
    return shown === level;
  };
  await set("set log_statement = 'all'");
  try {
    await until(() => logs("all"), "Postgres logs all");
    await work();
  } finally {
    await set("reset log_statement");
    await until(() => logs("none"), "Postgres logs as before");
  }
}

/** Uses every kind of credential, good and bad, in every place that a sender may put it. */
async function spread(kit: Kit): Promise<Canaries> {
  const { slug } = kit.strategy;
  const url = bareUrl(kit);
  const universal = await universalMeans(kit);
  const jwt = hs256(kit.secret, claimsFor(slug));
  const badJwt = hs256("x", claimsFor(slug, { sub: marker("sub") }));
  const canaries: Canaries = {
    "wrong token": marker("token"),
    "second token": marker("second"),
    "basic password": marker("basic"),
    password: marker("password"),
    "nested secret": marker("nested"),
    "numeric key": `7${Date.now()}${Date.now()}`,
    "pair's passphrase": marker("pair"),
    "unreadable password": marker("unreadable"),
    "wide password": marker("wide"),
    licence: `${marker("licence")}1`,
    secret: kit.secret,
    token: kit.token,
    "universal secret": universal.secret,
    "universal token": universal.token,
    jwt,
    "wrong jwt": badJwt,
  };
  const body = (fields: Record<string, unknown>) =>
    JSON.stringify({ signal: "BUY", ...fields });
  const own = kit.urls.dedicated;
  const n = canaries["numeric key"];

  const refused: [string, Record<string, string>?][] = [
    [`${url}?token=${canaries["wrong token"]}`],
    [`${own}&token=${canaries["second token"]}`],
    [url, bearer(badJwt)],
    [url, { authorization: `Basic ${btoa(canaries["basic password"]!)}` }],
    [url, { authorization: canaries["basic password"]! }],
    [`${url}?token=${kit.universal.token}`],
  ];
  for (const [place, headers] of refused) {
    assert.equal((await send(place, ALERT, headers)).status, 401);
  }

  const secretBody = body({ comment: `my secret is ${kit.secret}` });
  const escaped = kit.secret.replace("w", "\\u0077").replaceAll("/", "\\/");
  const accepted: [string, string, Record<string, string>?][] = [
    [url, ALERT, bearer(jwt)],
    [url, ALERT, standardHeaders(kit.secret, ALERT)],
    [url, ALERT, await hubHeaders(kit.secret, ALERT)],
    [own, body({ password: canaries.password, PassWord: canaries.password })],
    [own, body({ a: [{ secret: { deep: canaries["nested secret"] } }] })],
    [own, `{"signal":"BUY","key":${n},"api_key":[${n}]}`],
    [own, `signal=BUY\npassphrase=${canaries["pair's passphrase"]}`],
    [own, `${canaries.licence},buy,EURUSD,risk=1`],
    [own, secretBody],
    [own, body({ comment: kit.token, x: own })],
    [own, `{"signal":"BUY","comment":"${escaped}"}`],
    [own, body({ comment: universal.secret, x: universal.token })],
    [
      kit.urls.universal,
      `{"strategy":"${slug}","signal":"BUY","comment":"${kit.secret}",}`,
    ],
    [kit.urls.universal, `strategy=${slug}\nsignal=BUY\ncomment=${kit.token}`],
  ];
  for (const [place, sent, headers] of accepted) {
    assert.equal((await send(place, sent, headers)).status, 202, sent);
    assert.equal((await send(place, sent, headers)).status, 200);
  }

  const wide = `{"password":"${
    canaries["wide password"]
  }","x":"${kit.secret}"}`;
  const broken: [string, BodyInit][] = [
    [own, `{"signal":"BUY","password":"${canaries["unreadable password"]}`],
    [own, `secret: ${canaries["unreadable password"]} and more`],
    [own, `{"signal":"${kit.secret}"}`],
    [own, `{"signal":"BUY","symbol":"${kit.token}","quantity":"${kit.token}"}`],
    [own, `{"signal":"BUY","strategy":"${kit.secret}"}`],
    [own, `\xff${kit.secret}`],
    [own, new Uint8Array(Buffer.from(wide, "utf16le"))],
    [kit.urls.universal, body({ strategy: kit.universal.token })],
    [kit.urls.universal, `{"strategy":"${slug}","token":"${kit.token}`],
  ];
  for (const [place, sent] of broken) {
    const { status } = await send(place, sent);
    assert.ok([202, 400, 422].includes(status), `${status}: ${sent}`);
  }
  return canaries;
}

/** Secrets that senders never see: the keys of deliveries, and of cron's call. */
async function internalSecrets({ routes }: Kit): Promise<Canaries> {
  await using database = openDatabase();
  const [row] = await database.sql`select read_wake_key() as key`;
  const secret = routes.map((route) => route.secret).find(Boolean);
  assert.ok(secret && row!.key);
  return { "route's secret": secret, "wake key": row!.key };
}

/** Changes secrets in every way that does not name one. */
async function rotate({ strategy: { slug } }: Kit): Promise<Canaries> {
  const path = `/strategies/${slug}`;
  const { body: rotated } = await provision<Kit>("POST", `${path}/rotate`);
  await provision("GET", path);
  await provision("GET", "/strategies");
  await provision("GET", `${path}?reveal=true`);
  await send(rotated.urls.dedicated, '{"signal":"SELL"}');
  await provision("POST", `${path}/revoke`);
  return { "rotated secret": rotated.secret, "rotated token": rotated.token };
}

/** Returns the forms that a text may have in a log: as it is, or inside base64 at any of three offsets. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const encoded = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64")
      .slice(offset ? 4 : 0, -4)
  );
  // A secret without its prefix and padding is one still.
  const core = text.replace(/^whsec_/, "").replace(/=+$/, "");
  const wide = Buffer.from(core, "utf16le");
  return [core, ...encoded, bytes.toString("hex"), wide.toString("hex")];
}

function foundIn(text: string, canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, canary]) => formsOf(canary).some((form) => text.includes(form)))
    .map(([name]) => name);
}

async function readLog(name: string): Promise<string> {
  return await Deno.readTextFile(`${DATA_DIR}/${name}`);
}

/** Every row of every table but Vault's, as text; bytes are hexadecimal there. */
async function tables(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  await asSuperuser(async (sql) => {
    const names = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name
      from information_schema.tables
      where table_type = 'BASE TABLE'
        and table_schema not in ('vault', 'pg_catalog', 'information_schema')
        -- What pg_net is about to send stands there until it is sent, the wake key with it.
        and (table_schema, table_name) <> ('net', 'http_request_queue')
      union all select 'extensions.pg_stat_statements'`;
    for (const { name } of names) {
      const [row] = await sql.unsafe(
        `select string_agg(t::text, E'\n') as text from ${name} as t`,
      );
      texts.set(name, row!.text ?? "");
    }
  });
  return texts;
}

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
