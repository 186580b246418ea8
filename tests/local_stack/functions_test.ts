/** Functions of the local stack, as the platform's edge runtime runs them. */
import assert from "node:assert/strict";
import { eventually, testOnStack, withStack } from "./project.ts";

const stack = withStack();

testOnStack(
  "a function sees its name, the caller's address and no more of our environment",
  async () => {
    const response = await fetch(`${stack().apiUrl}/functions/v1/echo/a/b`, {
      headers: { "x-forwarded-for": "192.0.2.1" },
    });
    const { path, headers, names } = await response.json();
    assert.equal(path, "/echo/a/b");
    assert.equal(headers["x-forwarded-for"], "192.0.2.1, 127.0.0.1");
    assert.equal(headers["x-forwarded-proto"], "http");
    assert(names.includes("SUPABASE_SECRET_KEYS"));
    assert(!names.includes("DATABASE_URL"));
  },
);

testOnStack(
  "the content-length that the sender claims reaches the function",
  async () => {
    const { hostname, port } = new URL(stack().apiUrl);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const head = "POST /functions/v1/echo/large HTTP/1.1\r\nhost: x\r\n" +
      "content-length: 1000000\r\n\r\nonly this";
    await connection.write(new TextEncoder().encode(head));
    const buffer = new Uint8Array(1024);
    const length = await connection.read(buffer);
    connection.close();
    const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
    assert.match(answer, /^HTTP\/1\.1 413/);
  },
);

testOnStack(
  "both forms of a function run, and a third is not found",
  async () => {
    const statusOf = async (path: string, init?: RequestInit) => {
      const response = await fetch(
        `${stack().apiUrl}/functions/v1${path}`,
        init,
      );
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await statusOf("/served"), 200);
    assert.equal(await statusOf("/nope"), 404);
    assert.equal(await statusOf("/echo", { method: "PROPFIND" }), 405);
  },
);

testOnStack("a function that died is 503, and soon runs again", async () => {
  const url = `${stack().apiUrl}/functions/v1/echo`;
  const died = await fetch(`${url}/die`);
  assert.equal(died.status, 503);
  assert.notEqual(died.headers.get("sb-error-code"), null);
  await died.body?.cancel();
  await eventually(async () => {
    const { ok, body } = await fetch(url);
    await body?.cancel();
    return ok || undefined;
  });
});
