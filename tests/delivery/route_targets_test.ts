/** Targets that a route may have: which are refused, and which are registered with a warning. */
import assert from "node:assert/strict";
import { type ProxiedCall, startBehindProxy } from "../support/isolate.ts";
import {
  FUNCTIONS_URL,
  type Kit,
  provision,
  register,
  SECRET_KEY,
} from "../support/project.ts";

const FORBIDDEN = [
  "http://example.com/hook",
  "https://10.0.0.1/hook",
  "https://172.16.0.1/hook",
  "https://192.168.1.1/hook",
  "https://169.254.169.254/latest/meta-data",
  "https://100.64.0.1/hook",
  "https://[fd00::1]/hook",
  "https://[::ffff:10.0.0.1]/hook",
  "https://[64:ff9b::a00:1]/hook",
  "https://0/hook",
  "https://167772161/hook",
  "https://0012.0.0.1/hook",
  "https://user@example.com/hook",
  "https://example.com:22/hook",
  "https://metadata/hook",
  "ftp://example.com/hook",
];

for (const target of FORBIDDEN) {
  Deno.test(`a route to ${target} is refused`, async () => {
    const { status, body } = await provision<{ code: string }>(
      "POST",
      "/strategies",
      { name: "Never registered", routes: [{ kind: "http", target }] },
    );
    assert.deepEqual([status, body.code], [422, "invalid_request"]);
  });
}

Deno.test("a route to a function that is not there is registered with a warning", async () => {
  const kit = await register({
    routes: [{ kind: "function", target: "not-deployed" }],
  }) as Kit & { warnings: string[] };
  assert.match(kit.warnings.at(-1)!, /"not-deployed" answers 404 to a GET/);
});

/** Registers a route to a function that answers a probe so; its warnings, and the probes. */
async function probed(answer: () => Response) {
  const probes: ProxiedCall[] = [];
  await using isolate = await startBehindProxy("provision");
  isolate.proxy.before = (name, call) => {
    if (name !== "place-order") return;
    probes.push(call);
    return answer();
  };
  const response = await fetch(
    isolate.at(`${FUNCTIONS_URL}/provision/strategies`),
    {
      method: "POST",
      headers: { apikey: SECRET_KEY },
      body: JSON.stringify({
        name: `Probed ${crypto.randomUUID()}`,
        routes: [{ kind: "function", target: "place-order" }],
      }),
    },
  );
  const { warnings } = await response.json();
  // The first one is about the local stack's own URL.
  return { warnings: warnings.slice(1), probes };
}

Deno.test("a route to a function that wants a user's token is registered with a warning", async () => {
  const { warnings } = await probed(() =>
    Response.json({ code: 401, message: "Missing authorization header" }, {
      status: 401,
    })
  );
  assert.match(warnings[0], /"place-order" .*set verify_jwt = false/);
});

Deno.test("a function is probed once, by a GET without key, body or redirects", async () => {
  const { warnings, probes } = await probed(() =>
    Response.redirect("http://127.0.0.1:9/", 307)
  );
  assert.deepEqual(warnings, []);
  const [probe] = probes;
  assert.equal(probes.length, 1);
  assert.deepEqual([probe!.method, probe!.text], ["GET", ""]);
  for (const name of ["apikey", "authorization", "webhook-signature"]) {
    assert.equal(probe!.headers.get(name), null);
  }
});
