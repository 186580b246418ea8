/** The command that serves the console, as an operator runs it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { API_URL, SECRET_KEY } from "../support/project.ts";

const MAIN = join(PROJECT_DIR, "scripts/console/main.ts");

function run(args: string[], env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    cwd: PROJECT_DIR,
    env: { "SUPABASE_URL": "", "SUPABASE_SECRET_KEY": "", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("the command prints one URL, which opens, and neither key nor token elsewhere", async () => {
  const child = run(["--url", API_URL], { "SUPABASE_SECRET_KEY": SECRET_KEY });
  let printed = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!printed.includes("Ctrl-C")) {
    const { value, done } = await reader.read();
    if (done) break;
    printed += value;
  }
  const [url, ...others] = printed.match(/http:\S*token=\S+/g) ?? [];
  assert.ok(url, printed);
  assert.deepEqual(others, []);
  assert.ok(!printed.includes(SECRET_KEY));

  const { origin, searchParams } = new URL(url);
  const response = await fetch(`${origin}/api/read_overview`, {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${searchParams.get("token")}`, origin },
  });
  assert.ok((await response.json()).now);

  child.kill("SIGTERM");
  await reader.cancel();
  const [stderr, { code }] = await Promise.all([
    new Response(child.stderr).text(),
    child.status,
  ]);
  assert.deepEqual([stderr, code], ["", 0]);
});

for (
  const [what, args, env, said] of [
    [
      "a port that is none",
      ["--url", API_URL, "--port", "x"],
      { "SUPABASE_SECRET_KEY": SECRET_KEY },
      "Cannot use --port x: give a number up to 65535\n",
    ],
    [
      "a project without its key",
      ["--url", "https://other.supabase.co"],
      {},
      "Cannot ask https://other.supabase.co: set its SUPABASE_SECRET_KEY\n",
    ],
    [
      "a key that everyone on the way could read",
      ["--url", "http://other.supabase.co"],
      { "SUPABASE_SECRET_KEY": SECRET_KEY },
      "Cannot send a secret key to http://other.supabase.co: everyone on the way can read http; use https\n",
    ],
  ] as [string, string[], Record<string, string>, string][]
) {
  Deno.test(`${what} is refused in one sentence`, async () => {
    const { code, stdout, stderr } = await run(args, env).output();
    const [out, err] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    assert.deepEqual([code, out, err], [1, "", said]);
  });
}
