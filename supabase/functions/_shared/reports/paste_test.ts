import assert from "node:assert/strict";
import { mayHoldCredential, type Paste, readPaste } from "./paste.ts";

const URL = "https://x.example/functions/v1/webhook/gold?token=abc";

const PASTES: [pasted: string, paste: Paste][] = [
  ["BUY", { text: "BUY" }],
  [URL, { text: "", url: URL }],
  [`  ${URL}\n`, { text: "", url: URL }],
  [`${URL}\n{"signal":"BUY"}`, { text: '{"signal":"BUY"}', url: URL }],
  [`${URL} BUY`, { text: "BUY", url: URL }],
  [`signal=BUY\nsymbol=X\n${URL}\n`, {
    text: "signal=BUY\nsymbol=X",
    url: URL,
  }],
  [`{"x":"${URL}"}`, { text: `{"x":"${URL}"}` }],
  [`signal=BUY\nx=${URL}`, { text: `signal=BUY\nx=${URL}` }],
];

for (const [pasted, paste] of PASTES) {
  Deno.test(`${JSON.stringify(pasted)} is ${paste.url ? "a URL" : "no URL"} and ${JSON.stringify(paste.text)}`, () => {
    assert.deepEqual(readPaste(pasted), paste);
  });
}

for (
  const text of [URL, `{"x":"${URL}"}`, "a whsec_abc", "eyJhbGciOi.eyJzdWIi.x"]
) {
  Deno.test(`${text} may hold a credential`, () => {
    assert.equal(mayHoldCredential(text), true);
  });
}

for (const text of ["BUY", '{"signal":"BUY","token_count":1}', "a token"]) {
  Deno.test(`${text} holds no credential`, () => {
    assert.equal(mayHoldCredential(text), false);
  });
}
