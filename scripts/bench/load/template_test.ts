import assert from "node:assert/strict";
import { compileTemplate, copyTemplate, stamp } from "./template.ts";

const SHAPE = { path: "/w?token={n}", body: '{"é":"{n}"}' };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("a template becomes a whole request with its number wherever it belongs", () => {
  const request = text(stamp(compileTemplate(SHAPE, "h:1"), 42));
  assert.equal(
    request,
    "POST /w?token=000000000042 HTTP/1.1\r\nhost: h:1\r\n" +
      "user-agent: Go-http-client/1.1\r\ncontent-type: application/json\r\n" +
      'content-length: 21\r\n\r\n{"é":"000000000042"}',
  );
});

Deno.test("a copy's number is its own", () => {
  const first = compileTemplate(SHAPE, "h:1");
  const second = copyTemplate(first);
  stamp(first, 1);
  stamp(second, 2);
  assert.match(text(first.bytes), /token=000000000001 /);
});
