import assert from "node:assert/strict";
import { type Part, partOf } from "./usage.ts";

const COMMANDS: [command: string, part: Part | undefined][] = [
  ["/tmp/x/postgres/bin/postgres -D /tmp/x/cluster", "postgres"],
  ["postgres: authenticator postgres 127.0.0.1(1) idle", "postgres"],
  ["deno run isolate_main.ts /r/functions/webhook/index.ts", "function"],
  ["deno run isolate_main.ts /r/functions/dispatch/index.ts", undefined],
  ["deno run -A /r/scripts/bench/rivals/fastify.ts", "rival"],
  ["deno run -A /r/scripts/bench/contenders/stack_main.ts", "platform"],
  ["deno run -A /r/scripts/bench/load/load_main.ts", undefined],
  ['/bin/sh -c \n"$@" supervisor /tmp/x/bin/postgres', undefined],
];

for (const [command, part] of COMMANDS) {
  Deno.test(`the CPU time of ${command.trim()} counts for ${part ?? "nothing"}`, () => {
    assert.equal(partOf(command), part);
  });
}
