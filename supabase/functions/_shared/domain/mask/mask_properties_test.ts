import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import type { Bytes } from "../bytes.ts";
import { encode, prefixesOf } from "../testing.ts";
import {
  isCredentialName,
  LAST_WORDS,
  NAME_ENDINGS,
} from "./credential_names.ts";
import { mask, maskBody, SECRET } from "./testing.ts";

Deno.test("a body of any bytes is masked without an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.string()), (body, secrets) => {
      maskBody(body, secrets);
    }),
  );
});

const innocentName = fc.string({ unit: "grapheme" })
  .filter((name) => !isCredentialName(name));
const innocent = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.jsonValue({ maxDepth: 0 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(innocentName, tie("value"), { maxKeys: 3 }),
  ),
})).value;

Deno.test("a body without credentials keeps every byte", () => {
  fc.assert(fc.property(innocent, fc.nat(3), (value, indent) => {
    const body = encode(JSON.stringify(value, null, indent));
    assert.deepEqual(maskBody(body, [SECRET]), body);
  }));
});

Deno.test("bytes without names and separators keep every byte", () => {
  fc.assert(fc.property(fc.uint8Array(), (body) => {
    const harmless = body.filter((byte: number) =>
      !",:=".includes(String.fromCharCode(byte))
    );
    assert.deepEqual(maskBody(harmless, [SECRET]), harmless);
  }));
});

const credential = fc.record({
  name: fc.constantFrom(
    ...NAME_ENDINGS,
    ...LAST_WORDS,
    "SECRET",
    "Api_Key",
    "licenseId",
    "auth",
  ),
  value: fc.string({ unit: "grapheme", minLength: 4 })
    .map((text) => `<${text}>`),
});

/** A document with one credential somewhere in it, and the text before and after its value. */
const leaky = fc.tuple(innocent, credential, innocent, fc.boolean())
  .map(([before, { name, value }, after, isNested]) => {
    const head = `{"a":${JSON.stringify(before)},${isNested ? '"b":[{' : ""}` +
      `${JSON.stringify(name)}:`;
    const tail = `${isNested ? "}]" : ""},"c":${JSON.stringify(after)}}`;
    return { head, value: JSON.stringify(value), tail };
  });

Deno.test("exactly the credential is replaced, the rest stays as it is", () => {
  fc.assert(fc.property(leaky, ({ head, value, tail }) => {
    assert.equal(mask(head + value + tail), `${head}"***"${tail}`);
  }));
});

Deno.test("a credential in a document that was cut off anywhere is masked", () => {
  fc.assert(
    fc.property(credential, fc.string(), ({ name, value }, comment) => {
      const text = JSON.stringify({ comment, [name]: value, b: comment });
      for (const prefix of prefixesOf(text)) {
        const body = JSON.stringify(value).slice(1, -1);
        const start = text.indexOf(body);
        // The part of the value that is there; a comment may hold the same characters by chance.
        const part = prefix.slice(start, start + body.length);
        if (part.length < 4 || comment.includes("<")) continue;
        assert.ok(!mask(prefix).includes(part), prefix);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("what is masked reads as the same alert", () => {
  fc.assert(fc.property(leaky, ({ head, value, tail }) => {
    const read = (body: Uint8Array) => {
      try {
        return parseAlert(openBody(body as Bytes), "dedicated").payloadText;
      } catch {
        return undefined;
      }
    };
    const body = encode(head + value + tail);
    assert.equal(read(maskBody(body, [])), read(body));
  }));
});
