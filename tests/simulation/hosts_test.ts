/** A simulation asks before it sends anything to a host that is not this machine. */
import assert from "node:assert/strict";

Deno.test("a simulation sends nothing to another host unless somebody says yes", async () => {
  const url = "https://staging.example";
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/simulate/main.ts"].concat(
      "--url",
      url,
    ),
    stdin: "null",
    env: { "SUPABASE_URL": url, "SUPABASE_SECRET_KEY": "sb_secret_x" },
  }).output();
  assert.equal(code, 1);
  assert.equal(
    new TextDecoder().decode(stderr),
    "Not sent to staging.example: answer y, or give --yes where nobody can answer\n",
  );
});
