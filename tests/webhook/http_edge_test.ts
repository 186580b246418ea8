/** Odd headers, queries, paths and methods: an alert means what it means, or is refused. */
import assert from "node:assert/strict";
import {
  assertAlive,
  assertAnswered,
  type Attempt,
} from "../support/attempts.ts";
import { FUNCTIONS_URL, register } from "../support/project.ts";
import {
  bareUniversalUrl,
  bareUrl,
  numberedAlert as alert,
} from "../support/senders.ts";

const CONTENT_TYPES = [
  "",
  "text/plain",
  "text/plain; charset=utf-16",
  "application/json; charset=latin1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "multipart/form-data",
  "application/octet-stream",
  "application/xml",
  "image/png",
  "a/b; ".repeat(100),
];

Deno.test("an alert is what its bytes say, whatever its content type says", async () => {
  const kit = await register();
  await assertAnswered(
    202,
    CONTENT_TYPES.map((type, n): Attempt => ({
      why: type,
      url: kit.urls.dedicated,
      body: alert(n),
      headers: { "content-type": type },
    })),
  );
});

Deno.test("forms are no alerts, though they name our fields", async () => {
  const kit = await register();
  const fields = { signal: "BUY", symbol: "XAUUSD", files: "/etc/passwd" };
  const multipart = new FormData();
  Object.entries(fields).forEach(([name, text]) => multipart.set(name, text));
  multipart.set("file", new Blob([alert(1)]), "../../alert.json");
  const { urls: { dedicated } } = kit;
  const form = new URLSearchParams(fields);
  await assertAnswered(400, [{ why: "", url: dedicated, body: multipart }]);
  await assertAnswered(422, [{ why: "", url: dedicated, body: form }]);
  await assertAlive(kit);
});

Deno.test("a flood of headers is answered, and the next alert is taken", async () => {
  const kit = await register();
  const many = (count: number, length: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`x-${n}`, "a".repeat(length)]),
    );
  for (const headers of [many(1000, 1), many(1, 65_536), many(60, 1000)]) {
    const response = await fetch(kit.urls.dedicated, {
      method: "POST",
      headers,
      body: alert("flood"),
    });
    await response.body?.cancel();
    assert.ok(response.status < 500, `${response.status}`);
    await assertAlive(kit);
  }
});

Deno.test("only token counts in the query: neither another case nor a list is one", async () => {
  const kit = await register();
  const url = bareUrl(kit);
  const queries = ["Token", "TOKEN", "token[]", "token[0]", " token", "token."]
    .map((name) => `${encodeURIComponent(name)}=${kit.token}`);
  await assertAnswered(
    401,
    queries.map((query) => ({ why: query, url: `${url}?${query}` })),
  );
});

Deno.test("a path means one endpoint however it is written", async () => {
  const kit = await register();
  const { slug } = kit.strategy;
  const at = (path: string, n: number): Attempt => ({
    why: path,
    url: `${FUNCTIONS_URL}/webhook${path}?token=${kit.token}`,
    body: alert(n),
  });
  const encoded = `%${slug.charCodeAt(0).toString(16)}${slug.slice(1)}`;
  await assertAnswered(202, [
    at(`/${slug}`, 1),
    at(`/${slug}/`, 2),
    at(`/${slug.toUpperCase()}`, 3),
    at(`/${encoded}`, 4),
    at(`/x/../${slug}`, 5),
  ]);
  await assertAnswered(401, [
    at(`//${slug}`, 7),
    at(`/${slug}//`, 8),
    at(`/${slug};a=b`, 9),
    at(`/${slug}%20`, 10),
    at(`/${slug}%252e`, 11),
    at(`/%2e%2e%2f${slug}`, 12),
    at(`/webhook/${slug}`, 13),
    at(`/${slug}.json`, 14),
  ]);
});

/** In the platform's stack in Docker the gateway answers OPTIONS itself. */
const REFUSED_METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE"].concat(
  Deno.env.has("STACK_DATA_DIR") ? ["OPTIONS"] : [],
);

Deno.test("every method but POST is refused without a look at the credential", async () => {
  const kit = await register();
  for (const url of [kit.urls.dedicated, bareUrl(kit), bareUniversalUrl(kit)]) {
    for (const method of REFUSED_METHODS) {
      const response = await fetch(url, { method });
      await response.body?.cancel();
      assert.deepEqual([method, response.status], [method, 405]);
    }
    const headers = { "x-http-method-override": "POST" };
    const response = await fetch(url, { headers });
    assert.equal(response.status, 405);
    await response.body?.cancel();
  }
});
