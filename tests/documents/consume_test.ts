/** docs/consume.md says what is so: its commands and programs run, its tables are compared. */
import assert from "node:assert/strict";
import { isHere } from "../examples/programs.ts";
import {
  API_URL,
  openDatabase,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";
import { call, type Claimed, fire, withWorker } from "../worker/worker.ts";
import { blocksIn, codeIn, readDocument, tableIn } from "./markdown.ts";

const CONSUME = readDocument("consume.md");
const FIELDS = tableIn(CONSUME, "field").map(([field, mark]) => ({
  field: codeIn(field!),
  isNullable: mark === "",
}));

async function messageOf(alert: string): Promise<Record<string, unknown>> {
  const { kit, key } = await withWorker();
  await send(kit.urls.dedicated, alert);
  const { body } = await call<Claimed>(key, "claim");
  return body.signals[0]!.message as unknown as Record<string, unknown>;
}

Deno.test("the document names every field of a message", async () => {
  const message = await messageOf("BUY");
  const documented = FIELDS.map(({ field }) => field).sort();
  assert.deepEqual(documented, [...Object.keys(message), "replay_id"].sort());
});

Deno.test("the fields that the document calls nullable are null where an alert says nothing, and no others", async () => {
  const message = await messageOf("BUY");
  const nulls = Object.keys(message).filter((field) => message[field] === null);
  const documented = FIELDS
    .filter(({ field, isNullable }) => isNullable && field !== "replay_id")
    .map(({ field }) => field);
  assert.deepEqual(nulls.sort(), documented.sort());
});

Deno.test("the waits between attempts are those of the document", async () => {
  await using database = openDatabase();
  const [row] = tableIn(CONSUME, "after attempt");
  const units: Record<string, number> = { s: 1, min: 60, h: 3600 };
  const documented = row!.slice(1).map((cell) => {
    const [count, unit] = cell.split(" ");
    return Number(count) * units[unit!]!;
  });
  const waits = await database.sql<{ seconds: number }[]>`
    select extract(epoch from private.retry_delay(n))::float8 as seconds from generate_series(1, 6) as n`;
  const differ = waits.filter(({ seconds }, place) =>
    Math.abs(seconds / documented[place]! - 1) > 0.1001
  );
  assert.deepEqual([waits.length, differ], [documented.length, []]);
});

Deno.test("the answers that end a signal, and after how many, are those of the document", async () => {
  await using database = openDatabase();
  const [row] = await database.sql`
    select private.max_refusals() as refusals, private.max_gone() as gone,
      array(select code from generate_series(100, 599) as code where private.is_refused(code)) as codes`;
  const rows = tableIn(CONSUME, "answer").map(([answer, what]) =>
    [answer, /at the (\d)/.exec(what!)?.[1]] as const
  ).filter(([, count]) => count !== undefined);
  assert.deepEqual(rows, [
    [row!.codes.join(", "), `${row!.refusals}`],
    ["410", `${row!.gone}`],
  ]);
});

Deno.test({
  name: "the document's commands make a key, claim a signal and complete it",
  ignore: !isHere("curl"),
  fn: async () => {
    const kit = await register();
    const [make, claim, complete] = blocksIn(CONSUME, "sh").map((command) =>
      command
        .replaceAll("dynamic-goldbreakout", kit.strategy.slug)
        .replaceAll("dynamic_goldbreakout", kit.routes[0]!.target)
        .replaceAll("mt5-bridge", `Worker ${kit.strategy.slug}`)
    );
    const { key } = await shell(make!) as { key: string };
    await fire(kit, "buy");
    const claimed = await shell(claim!, { "WORKER_KEY": key });
    const [documented] = blocksIn(CONSUME, "json");
    assert.deepEqual(shapeOf(claimed), shapeOf(JSON.parse(documented!)));
    const completed = await shell(complete!, { "WORKER_KEY": key });
    assert.deepEqual(completed, { outcome: "completed" });
  },
});

const VERIFIERS = [
  {
    language: "ts",
    file: "target.ts",
    command: [Deno.execPath(), "run", "-A", "--no-config"],
    isHere: true,
  },
  {
    language: "js",
    file: "target.mjs",
    command: ["node"],
    isHere: isHere("node"),
  },
  {
    language: "python",
    file: "target.py",
    command: ["python3"],
    isHere: isHere("python3"),
  },
];

for (const { language, file, command, isHere } of VERIFIERS) {
  Deno.test({
    name:
      `the document's target in ${language} takes a real delivery, and no forged one`,
    ignore: !isHere,
    fn: async () => {
      const port = freePort();
      const url = `http://127.0.0.1:${port}/`;
      const kit = await register({ routes: [{ kind: "http", target: url }] });
      const path = `${await Deno.makeTempDir()}/${file}`;
      await Deno.writeTextFile(path, blocksIn(CONSUME, language)[0]!);
      const [executable, ...args] = command;
      await using target = new Deno.Command(executable!, {
        args: [...args, path],
        env: { "ROUTE_SECRET": kit.routes[0]!.secret!, "PORT": `${port}` },
        stdout: "piped",
        stderr: "null",
      }).spawn();
      await until(() => fetch(url).then(ended, () => false), "it listens");
      const forged = await fetch(url, {
        method: "POST",
        headers: {
          "webhook-id": "1",
          "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`,
          "webhook-signature": "v1,AAAA",
        },
        body: '{"signal_id":"forged"}',
      });
      await forged.body?.cancel();
      const { body } = await fire(kit, "enter_long");
      let printed = "";
      for await (
        const text of target.stdout.pipeThrough(new TextDecoderStream())
      ) {
        printed += text;
        if (printed.endsWith("\n")) break;
      }
      assert.deepEqual(
        [forged.status, printed.trim()],
        [401, `${body.signal_id} open_long`],
      );
    },
  });
}

const ended = async (response: Response) => {
  await response.body?.cancel();
  return true;
};

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function shell(
  command: string,
  env: Record<string, string> = {},
): Promise<unknown> {
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", command],
    env: { "SUPABASE_URL": API_URL, "SUPABASE_SECRET_KEY": SECRET_KEY, ...env },
    stderr: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Returns a value with each of its texts, numbers and so on replaced; the payload is the sender's. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      [key, key === "payload" ? {} : shapeOf(member)] as const
    ).sort(([one], [other]) => one < other ? -1 : 1),
  );
}
