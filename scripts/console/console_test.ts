import assert from "node:assert/strict";
import { startConsole } from "./console.ts";
import { KEY, setUp } from "./testing.ts";

/** Sends a request under any name, which `fetch` does not let us choose. */
async function getUnder(host: string, origin: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request =
    `GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}

const FILES = ["/", "/main.js", "/main.css", "/icon.svg", "/inter.woff2"];

Deno.test("the page and its files are served under a policy that takes nothing from elsewhere", async () => {
  await using stage = await setUp();
  for (const path of [...FILES, "/none", "/api/project"]) {
    const response = await stage.ask("GET", path);
    assert.equal(response.status, path === "/none" ? 404 : 200, path);
    assert.match(
      response.headers.get("content-security-policy") ?? "",
      /^default-src 'self'; /,
    );
    await response.body?.cancel();
  }
});

Deno.test("a request under another name than the console's is refused", async () => {
  await using stage = await setUp();
  const { host, port } = new URL(stage.origin);
  assert.match(await getUnder(host, stage.origin), /^HTTP\/1\.1 200 /);
  for (
    const name of [`evil.example:${port}`, "127.0.0.1", `localhost:${port}`]
  ) {
    assert.match(await getUnder(name, stage.origin), /^HTTP\/1\.1 421 /);
  }
});

Deno.test("a call from another page is refused, with the token too", async () => {
  await using stage = await setUp();
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "OPTIONS"]) {
      const body = method === "GET" ? undefined : {};
      const response = await stage.ask(method, "/api/mode", body, { origin });
      assert.equal(response.status, 403, `${method} ${origin}`);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      await response.body?.cancel();
    }
  }
  assert.deepEqual(stage.asked, []);
});

Deno.test("a change that does not say which page makes it is refused", async () => {
  await using stage = await setUp();
  const response = await fetch(`${stage.origin}/api/mode`, {
    method: "PUT",
    redirect: "manual",
    headers: { authorization: `Bearer ${stage.token}` },
    body: "{}",
  });
  assert.equal(response.status, 403);
  await response.body?.cancel();
});

Deno.test("no call is made without the token", async () => {
  await using stage = await setUp();
  const { token } = stage;
  for (const authorization of ["", "Bearer ", `Bearer ${token}x`, token]) {
    const response = await stage.ask("POST", "/api/read_overview", {}, {
      authorization,
    });
    assert.equal(response.status, 401, authorization);
    await response.body?.cancel();
  }
  const inUrl = await stage.ask(
    "POST",
    `/api/read_overview?token=${token}`,
    {},
    { authorization: "" },
  );
  assert.equal(inUrl.status, 401);
  await inUrl.body?.cancel();
  assert.deepEqual(stage.asked, []);
});

Deno.test("each console has a token of its own", async () => {
  await using one = await setUp();
  await using other = await setUp();
  assert.match(one.token, /^[\w-]{43}$/);
  assert.notEqual(one.token, other.token);
});

Deno.test("a port that is taken is told in one sentence", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assert.rejects(
    startConsole({ url: "http://127.0.0.1:9", secretKey: KEY }, port),
    new RegExp(`^Failure: Cannot use port ${port}: `),
  );
});
