/** HTTP as no library sends it: lengths that lie, floods, and senders that take their time. */
import assert from "node:assert/strict";
import { assertAlive, together } from "../support/attempts.ts";
import {
  API_URL,
  type Kit,
  openDatabase,
  register,
} from "../support/project.ts";
import { bareUrl, numberedAlert as alert } from "../support/senders.ts";

/** A connection on which a test says what it likes. */
async function connect() {
  const { hostname, port } = new URL(API_URL);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const encoder = new TextEncoder();
  return {
    async write(text: string) {
      const writer = connection.writable.getWriter();
      await writer.write(encoder.encode(text));
      writer.releaseLock();
    },
    /** Everything that is answered until the server closes, or has enough of us. */
    async answered() {
      let text = "";
      try {
        const chunks = connection.readable.pipeThrough(new TextDecoderStream());
        for await (const chunk of chunks) text += chunk;
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
      }
      return text;
    },
    drop: () => connection.close(),
  };
}

/** The head of a request that states this length. */
function head(kit: Kit, length: number | string, version = "1.1"): string {
  const { pathname, search, host } = new URL(kit.urls.dedicated);
  return `POST ${pathname}${search} HTTP/${version}\r\nhost: ${host}\r\n` +
    `connection: close\r\ncontent-length: ${length}\r\n\r\n`;
}

/** Sends an alert to a URL with one more header, and waits for its status. */
async function sendRaw(url: URL, header = "x: y"): Promise<number> {
  const connection = await connect();
  const body = alert("raw");
  await connection.write(
    `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n` +
      `connection: close\r\n${header}\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  return statusOf(await connection.answered());
}

/** The status of the first answer. */
function statusOf(answered: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answered)?.[1]);
}

Deno.test("a body shorter than it says leaves nothing behind and harms nobody", async () => {
  await using database = openDatabase();
  const kit = await register();
  for (let n = 0; n < 20; n++) {
    const connection = await connect();
    await connection.write(head(kit, 500) + alert("short"));
    connection.drop();
  }
  await assertAlive(kit);
  const [row] = await database.sql`
    select count(*)::int as requests from webhook_requests
    where strategy_id = ${kit.strategy.id}`;
  assert.equal(row!.requests, 1);
});

const LENGTHS: [what: string, length: number | string, status: number][] = [
  ["a body longer than it says", 8, 400],
  ["the right length", alert("raw").length, 202],
  ["a negative length", -1, 400],
  ["a length that is no number", "abc", 400],
  ["two lengths", `${alert("raw").length}\r\ncontent-length: 3`, 400],
  ["a length and chunks", "5\r\ntransfer-encoding: chunked", 400],
];

for (const [what, length, status] of LENGTHS) {
  Deno.test(`${what} is answered ${status}`, async () => {
    const kit = await register();
    const connection = await connect();
    await connection.write(head(kit, length) + alert("raw"));
    assert.equal(statusOf(await connection.answered()), status);
    await assertAlive(kit);
  });
}

Deno.test("HTTP/1.0 is served", async () => {
  const kit = await register();
  const connection = await connect();
  await connection.write(head(kit, alert(1).length, "1.0") + alert(1));
  assert.equal(statusOf(await connection.answered()), 202);
});

Deno.test("a sender that writes a byte at a time delays nobody, and is served in the end", async () => {
  const kit = await register({ "rate_limit_per_minute": null });
  const connection = await connect();
  const body = alert("slow");
  const startedAt = performance.now();
  for (const char of head(kit, body.length) + body) {
    await connection.write(char);
    await assertAlive(kit);
  }
  assert.equal(statusOf(await connection.answered()), 202);
  assert.ok(performance.now() - startedAt > 1000);
});

Deno.test("a hundred senders that never finish keep nobody out", async () => {
  const kit = await register();
  const half = head(kit, 100);
  const connections = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => {
      const connection = await connect();
      await connection.write(n % 2 ? half : half.slice(0, 40));
      return connection;
    }),
  );
  for (let n = 0; n < 10; n++) await assertAlive(kit);
  connections.forEach((connection) => connection.drop());
  await assertAlive(kit);
});

Deno.test("fifty thousand query parameters are answered, and two thousand are read past", async () => {
  const kit = await register();
  const withMore = (count: number) =>
    new URL(kit.urls.dedicated + "&p=1".repeat(count));
  assert.equal(await sendRaw(withMore(2000)), 202);
  const status = await sendRaw(withMore(50_000));
  assert.ok([200, 400, 414, 431].includes(status), `${status}`);
  await assertAlive(kit);
});

const AGENTS = [
  "\x1b[2Kroot",
  '","status":200,"x":"',
  "a".repeat(30_000),
  "\u00e9\u2028\u202e",
  "a\tb",
  "\x7f",
];

Deno.test("a user agent of control characters cannot forge a line of the log, nor fill the counts", async () => {
  await using database = openDatabase();
  const kit = await register();
  const url = new URL(`${bareUrl(kit)}?token=wrong`);
  const statuses = await together(
    AGENTS,
    (agent) => sendRaw(url, `user-agent: ${agent}`),
  );
  // The server itself refuses lines that are no headers.
  assert.ok(statuses.every((status) => [400, 401].includes(status)));
  for (const line of await functionLines()) {
    assert.doesNotThrow(() => JSON.parse(line), line);
  }
  const rows = await database.sql`
    select 1 from auth_failures where length(sample ->> 'user_agent') > 100`;
  assert.equal(rows.length, 0);
});

/** Returns the webhook's log lines, without the name that the stack prefixes. */
async function functionLines(): Promise<string[]> {
  const dir = Deno.env.get("STACK_DATA_DIR");
  const log = dir ? await Deno.readTextFile(`${dir}/functions.log`) : "";
  const name = "webhook: ";
  return log.split("\n").filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length));
}
