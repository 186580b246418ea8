/**
 * A local stack as `deno task start` runs it, in a process of its own: reports its address as one
 * line of JSON, and ends at the end of standard input.
 */
import { startTemporaryStack } from "../../local/temporary.ts";

// Ctrl-C reaches every process of the terminal, but only the parent decides when to stop.
Deno.addSignalListener("SIGINT", () => {});
const stack = await startTemporaryStack();
const { databaseEnded: _, close, ...address } = stack;
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(address)}\n`));
for await (const _ of Deno.stdin.readable);
await close();
Deno.exit(0);
