import assert from "node:assert/strict";
import { shownPath } from "./serve.ts";

const PATHS: [path: string, shown: string][] = [
  ["/webhook/dynamic-gold", "/webhook/dynamic-gold"],
  ["/functions/v1/webhook/dynamic-gold", "/webhook/dynamic-gold"],
  ["/provision/strategies/gold/rotate", "/provision/strategies/gold/rotate"],
  ["/webhook/gold/S3cretPart", "/webhook/gold/…"],
  ["/webhook/token=abc", "/webhook/…"],
  ["/webhook/whsec_AAECAwQFBgcICQ", "/webhook/…"],
  [`/webhook/${"a".repeat(41)}`, "/webhook/…"],
  [
    "/provision/strategies/gold/rotate/once/more",
    "/provision/strategies/gold/rotate",
  ],
  ["/webhook/%0a{}", "/webhook/…"],
];

for (const [path, shown] of PATHS) {
  Deno.test(`of the path ${path} the log shows ${shown}`, () => {
    assert.equal(shownPath(path), shown);
  });
}
