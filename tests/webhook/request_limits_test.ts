import assert from "node:assert/strict";
import { ALERT } from "../support/attempts.ts";
import { register, send } from "../support/project.ts";

const REFUSED: [why: string, method: string, status: number, code: string][] = [
  ["GET", "GET", 405, "method_not_allowed"],
  ["PUT", "PUT", 405, "method_not_allowed"],
  ["DELETE", "DELETE", 405, "method_not_allowed"],
];

for (const [why, method, status, code] of REFUSED) {
  Deno.test(`${why} is answered ${status}`, async () => {
    const kit = await register();
    const response = await fetch(kit.urls.dedicated, { method });
    const body = await response.json();
    assert.deepEqual([response.status, body.code], [status, code]);
    assert.equal(response.headers.get("allow"), "POST");
  });
}

Deno.test("a body over 64 KiB is answered 413", async () => {
  const kit = await register();
  const answer = await send(kit.urls.dedicated, "x".repeat(65_537));
  assert.deepEqual([answer.status, answer.body.code], [413, "body_too_large"]);
});

Deno.test("a body over 64 KiB that states no length is answered 413", async () => {
  const kit = await register();
  const chunk = new TextEncoder().encode("x".repeat(16_384));
  let chunks = 0;
  const body = new ReadableStream({
    pull: (controller) =>
      chunks++ < 8 ? controller.enqueue(chunk) : controller.close(),
  });
  const answer = await send(kit.urls.dedicated, body);
  assert.deepEqual([answer.status, answer.body.code], [413, "body_too_large"]);
});

Deno.test("a body of exactly 64 KiB is read", async () => {
  const kit = await register();
  const alert = '{"signal":"BUY","comment":""}';
  const body = alert.replace('""}', `"${"x".repeat(65_536 - alert.length)}"}`);
  assert.equal((await send(kit.urls.dedicated, body)).status, 202);
});

Deno.test("a compressed body is answered 415", async () => {
  const kit = await register();
  const answer = await send(kit.urls.dedicated, ALERT, {
    "content-encoding": "gzip",
  });
  assert.deepEqual([answer.status, answer.body.code], [
    415,
    "unsupported_encoding",
  ]);
});
