import assert from "node:assert/strict";
import { parseCommand } from "./typed.ts";

const COMMANDS: [text: string, ...typed: (string | undefined)[]][] = [
  ["/help", "help", undefined, ""],
  ["/Help", "help", undefined, ""],
  ["  /url gold \n", "url", undefined, "gold"],
  ["/url@Router_Bot gold", "url", "router_bot", "gold"],
  ["/add_strategy Dynamic  Gold", "add_strategy", undefined, "Dynamic  Gold"],
  ["/add_strategy\nTwo\nlines", "add_strategy", undefined, "Two\nlines"],
];

for (const [text, name, mention, argument] of COMMANDS) {
  Deno.test(`${JSON.stringify(text)} is the command ${name}`, () => {
    assert.deepEqual(parseCommand(text), { name, mention, argument });
  });
}

for (
  const text of ["", "help", "say /help", "/", "/a/b", "//help", "/url-gold"]
) {
  Deno.test(`${JSON.stringify(text)} is not a command`, () => {
    assert.equal(parseCommand(text), undefined);
  });
}
