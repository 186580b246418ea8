/** `deno task send`: it says where to, and asks nothing. */
import assert from "node:assert/strict";
import { FUNCTIONS_URL, register } from "../support/project.ts";

async function run(...args: string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/send_alert.ts", ...args],
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).split("\n");
}

Deno.test("an alert goes to the strategy that was registered last, which is said first, without its token", async () => {
  const { strategy } = await register();
  const [target, status] = await run();
  assert.deepEqual([target, status], [
    `To ${strategy.slug}: ${FUNCTIONS_URL}/webhook/${strategy.slug}`,
    "202 Accepted",
  ]);
});

Deno.test("an alert goes to the strategy that is named", async () => {
  const { strategy } = await register();
  await register();
  const [target] = await run("--strategy", strategy.name);
  assert.equal(
    target,
    `To ${strategy.slug}: ${FUNCTIONS_URL}/webhook/${strategy.slug}`,
  );
});

Deno.test("the target of a URL that is given is said without its token", async () => {
  const { urls } = await register();
  const lines = await run("--url", urls.dedicated);
  assert.equal(lines[0]!.split(" ").at(-1), urls.dedicated.split("?")[0]);
});
