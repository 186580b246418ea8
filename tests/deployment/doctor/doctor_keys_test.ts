/** Doctor sends a key only where it belongs. */
import assert from "node:assert/strict";
import { startSink } from "../../support/sink.ts";
import { doctor, failures } from "./run_doctor.ts";

Deno.test("doctor sends a key only to the project that it was given for", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "scripts/doctor.ts",
      "--url",
      "https://other.example",
    ],
    env: { "SUPABASE_URL": "", "SUPABASE_SECRET_KEY": "" },
  }).output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /^Cannot ask https:\/\/other\.example: set its SUPABASE_SECRET_KEY\n$/,
  );
});

Deno.test("doctor sends no key over http to a host that is not this machine", async () => {
  const { code, lines } = await doctor(
    { apiUrl: "http://project.example", secretKey: "sb_secret_x" },
  );
  assert.equal(code, 1);
  assert.match(
    lines[0]!,
    /^Cannot send a secret key to http:\/\/project\.example: /,
  );
});

Deno.test("doctor asks whose key it has when --url and SUPABASE_URL differ", async () => {
  const { code, lines } = await doctor(
    { apiUrl: "https://one.example", secretKey: "sb_secret_x" },
    ...["--url", "https://other.example"],
  );
  assert.equal(code, 1);
  assert.match(lines[0]!, /^Cannot tell whose key SUPABASE_SECRET_KEY is: /);
});

Deno.test("doctor follows no redirect with a key", async () => {
  await using target = startSink();
  await using redirect = startSink();
  redirect.answer = () => Response.redirect(target.url, 307);
  const apiUrl = new URL(redirect.url).origin;
  const found = failures(await doctor({ apiUrl, secretKey: "sb_secret_x" }));
  assert.deepEqual(found, [
    `✗ Functions: ${apiUrl} redirects to ${target.url} → give the URL that it leads to, if that is yours`,
  ]);
  assert.equal(target.deliveries.length, 0);
});
