import assert from "node:assert/strict";
import { startConsole } from "./console.ts";
import { KEY, setUp } from "./testing.ts";

const FILES = ["/", "/main.js", "/main.css"];

const ALLOWED: [method: string, path: string, body?: unknown][] = [
  ["POST", "/read_overview", {}],
  ["POST", "/read_activity", { minutes: 60 }],
  ["POST", "/read_day", {}],
  ["POST", "/list_alerts", { quantity: 10 }],
  ["GET", "/trace/64dc9b5f-235d-43ca-8000-a0611048edda"],
  ["POST", "/strategies", { name: "X" }],
  ["GET", "/strategies/gold-breakout?reveal=true"],
  ["PATCH", "/strategies/gold-breakout", { status: "paused" }],
  ["POST", "/strategies/gold-breakout/rotate", {}],
  ["POST", "/strategies/gold-breakout/revoke", {}],
  ["POST", "/strategies/gold-breakout/test", {}],
  ["PUT", "/mode", { mode: "paused" }],
  ["POST", "/incidents/7/acknowledge", {}],
  ["POST", "/replay", { signal_ids: [] }],
];

Deno.test("the calls of the page reach the project with its key, and without the token", async () => {
  await using stage = await setUp();
  for (const [method, path, body] of ALLOWED) {
    const response = await stage.ask(method, `/api${path}`, body);
    assert.deepEqual(await response.json(), { ok: true }, path);
    const asked = stage.asked.at(-1)!;
    assert.equal(asked.method, method);
    assert.ok(asked.path.endsWith(path), asked.path);
    assert.equal(asked.headers.get("apikey"), KEY);
    assert.ok(!JSON.stringify([...asked.headers]).includes(stage.token));
  }
  assert.equal(stage.asked.length, ALLOWED.length);
});

const FORBIDDEN: typeof ALLOWED = [
  ["POST", "/read_kit", { name: "x" }],
  ["POST", "/reveal_strategy", { slug: "x" }],
  ["POST", "/list_alerts?select=x", {}],
  ["GET", "/list_alerts"],
  ["GET", "/strategies/gold-breakout?reveal=true&x=1"],
  ["GET", "/strategies/..%2Funiversal?reveal=true"],
  ["GET", "/strategies/../universal?reveal=true"],
  ["GET", "/universal?reveal=true"],
  ["PATCH", "/strategies/gold-breakout", { status: "archived" }],
  ["PATCH", "/strategies/gold-breakout", { auth_methods: ["token"] }],
  ["PATCH", "/strategies/gold-breakout", { status: "paused", routes: [] }],
  ["DELETE", "/strategies/gold-breakout"],
  ["PUT", "/phase", { phase: "universal" }],
  ["POST", "/workers", { name: "x", queues: ["x"] }],
  ["GET", "/trace/64dc9b5f-235d-43ca-8000-a0611048edda?x=1"],
  ["GET", "//evil.example/trace"],
];

Deno.test("no other call reaches the project", async () => {
  await using stage = await setUp();
  for (const [method, path, body] of FORBIDDEN) {
    const response = await stage.ask(method, `/api${path}`, body);
    assert.ok([403, 404].includes(response.status), `${method} ${path}`);
    await response.body?.cancel();
  }
  assert.deepEqual(stage.asked, []);
});

/** Returns everything that an answer says. */
async function allOf(response: Response): Promise<string> {
  return JSON.stringify([...response.headers]) + await response.text();
}

Deno.test("the key is in no answer, whatever the project says", async () => {
  const answers = [
    () => Response.json({ leaked: `the key is ${KEY}` }),
    () => new Response(KEY, { status: 500 }),
    () => Response.json({}, { headers: { "x-key": KEY, "set-cookie": KEY } }),
    () => Response.redirect(`https://evil.example/${KEY}`),
  ];
  for (const answer of answers) {
    await using stage = await setUp(answer);
    const responses = await Promise.all([
      stage.ask("POST", "/api/read_overview", {}),
      stage.ask("POST", "/api/explain", { slug: "x", text: "BUY" }),
      stage.ask("GET", "/api/project"),
      ...FILES.map((path) => stage.ask("GET", `${path}?token=${stage.token}`)),
    ]);
    for (const response of responses) {
      const said = await allOf(response);
      assert.ok(!said.includes(KEY), response.url);
      assert.ok(!said.includes(stage.token), response.url);
    }
  }
});

Deno.test("a redirect of the project is not followed", async () => {
  await using stage = await setUp(() =>
    new Response(null, { status: 307, headers: { location: "/elsewhere" } })
  );
  const response = await stage.ask("PUT", "/api/mode", { mode: "paused" });
  assert.equal(response.status, 502);
  await response.body?.cancel();
  assert.deepEqual(stage.asked.map(({ path }) => path), [
    "/functions/v1/provision/mode",
  ]);
});

Deno.test("a project that cannot be reached is named, without its key", async () => {
  const url = "http://127.0.0.1:9";
  await using running = await startConsole({ url, secretKey: KEY });
  const { origin, searchParams } = new URL(running.url);
  const response = await fetch(`${origin}/api/read_overview`, {
    method: "POST",
    redirect: "manual",
    headers: {
      authorization: `Bearer ${searchParams.get("token")}`,
      origin,
    },
  });
  const { code, title } = await response.json();
  assert.equal(code, "unreachable");
  assert.match(title, /^Cannot reach 127\.0\.0\.1:9: /);
});
