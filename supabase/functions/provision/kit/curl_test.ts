import assert from "node:assert/strict";
import { shellCurl, windowsCurl } from "./curl.ts";

const URL = "https://example.com/functions/v1/webhook/gold?token=a-b_c";

/**
 * Splits a command line as Windows programs do, where it has no backslash and no quote within quotes
 * (learn.microsoft.com, "Parsing C command-line arguments").
 */
function argumentsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain!);
}

Deno.test("the Windows command reaches curl as these arguments", () => {
  assert.deepEqual(argumentsOf(windowsCurl(URL, "gold")), [
    "curl.exe",
    "-X",
    "POST",
    URL,
    "-H",
    "content-type: text/plain",
    "-d",
    "strategy=gold signal=BUY symbol=XAUUSD confidence=0.82",
  ]);
});

Deno.test("the Windows command has nothing that cmd or PowerShell would replace", () => {
  assert.doesNotMatch(windowsCurl(URL, "gold"), /[%^!$`'\\]|""/);
});

Deno.test("the shell command has no quote within its quotes", () => {
  assert.equal(shellCurl(URL, "gold").split("'").length, 7);
});
