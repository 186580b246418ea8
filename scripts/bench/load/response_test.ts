import assert from "node:assert/strict";
import { parseResponse } from "./response.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const ACCEPTED = "HTTP/1.1 202 Accepted\r\nContent-Length: 39\r\n\r\n" +
  '{"status":"accepted","signal_id":"0-0"}';
const CHUNKED = "HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n" +
  '\r\na\r\n{"status":\r\n1a\r\n401,"code":"not_authorized\r\n2\r\n"}\r\n0\r\n\r\n';

Deno.test("parseResponse() reads status and outcome of a body with a length", () => {
  assert.deepEqual(parseResponse(bytes(ACCEPTED)), {
    outcome: "202 accepted",
    closes: false,
  });
});

Deno.test("parseResponse() reads status and code of a body in chunks", () => {
  assert.deepEqual(parseResponse(bytes(CHUNKED)), {
    outcome: "401 not_authorized",
    closes: false,
  });
});

for (const [name, whole] of [["length", ACCEPTED], ["chunks", CHUNKED]]) {
  Deno.test(`parseResponse() waits for the whole of a body with ${name}`, () => {
    const early = Array.from(
      { length: whole!.length - 1 },
      (_, end) => parseResponse(bytes(whole!.slice(0, end + 1))),
    );
    assert.deepEqual(early.filter((answer) => answer !== undefined), []);
  });
}

Deno.test("parseResponse() notices that the connection closes", () => {
  const text = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n" +
    "content-length: 0\r\n\r\n";
  assert.deepEqual(parseResponse(bytes(text)), {
    outcome: "503",
    closes: true,
  });
});

Deno.test("parseResponse() refuses a second response that nobody asked for", () => {
  assert.throws(() => parseResponse(bytes(ACCEPTED + ACCEPTED)), /more than/);
});
