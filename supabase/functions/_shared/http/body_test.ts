import assert from "node:assert/strict";
import { readBody } from "./body.ts";
import { withDeadline } from "./deadline.ts";

/** A body of which nothing but its beginning ever comes. */
function unfinished(headers: Record<string, string>): Request {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
  });
  return new Request("http://x.test", { method: "POST", headers, body });
}

for (const headers of [{ "content-length": "100" }, {}]) {
  Deno.test(`a body that never ends is given up, with ${JSON.stringify(headers)}`, async () => {
    const reading = readBody(unfinished(headers), { withinMs: 10 });
    const late = () => new Error("It is still being read");
    const given = withDeadline(reading, 5000, late);
    await assert.rejects(given, { code: "unavailable" });
  });
}

Deno.test("a body is read within its time", async () => {
  const request = new Request("http://x.test", { method: "POST", body: "BUY" });
  const body = await readBody(request, { withinMs: 10_000 });
  assert.deepEqual([...body], [66, 85, 89]);
});
