/** JSON Web Tokens that must not hold, each with one thing wrong. */
import assert from "node:assert/strict";
import { ALERT, assertAnswered, sendAll } from "../../support/attempts.ts";
import { type Kit, register, send } from "../../support/project.ts";
import { bareUrl, bearer, claimsFor } from "../../support/senders.ts";
import { HEADERS, type Means, PAYLOADS, SPELLINGS } from "./attacks.ts";
import { ec, es256, jwks, KEYS } from "./key_attacks.ts";

const ATTACKS = [...HEADERS, ...PAYLOADS, ...SPELLINGS, ...KEYS];

async function meansOf(kit: Kit, trap: string): Promise<Means> {
  const other = await register();
  const { secret, strategy } = kit;
  return { secret, slug: strategy.slug, foreign: other.strategy.slug, trap };
}

Deno.test(`${ATTACKS.length} attacks on JSON Web Tokens are refused alike, and none makes us call anybody`, async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let calls = 0;
  const listening = (async () => {
    for await (const connection of listener) {
      calls++;
      connection.close();
    }
  })();
  const kit = await register({ "auth_methods": ["jwt"], jwks });
  const { port } = listener.addr as Deno.NetAddr;
  const means = await meansOf(kit, `http://127.0.0.1:${port}/jwks`);
  const attempts = ATTACKS.map(([why, token]) => ({
    why,
    url: bareUrl(kit),
    headers: bearer(token(means)),
  }));
  await assertAnswered(401, attempts);
  const answers = await sendAll(attempts);
  const bodies = answers.map(({ body, headers }) =>
    JSON.stringify(body).replace(headers.get("x-correlation-id")!, "")
  );
  assert.equal(new Set(bodies).size, 1);
  const good = es256(claimsFor(kit.strategy.slug), { kid: "ec" }, ec);
  assert.equal((await send(bareUrl(kit), ALERT, bearer(good))).status, 202);
  listener.close();
  await listening.catch(() => {});
  assert.equal(calls, 0);
});

Deno.test("a token of a megabyte is refused, and the next alert is taken", async () => {
  const kit = await register();
  const headers = bearer(`${"A".repeat(1 << 20)}.AAAA.AAAA`);
  const response = await fetch(bareUrl(kit), {
    method: "POST",
    headers,
    body: ALERT,
  }).catch((error: Error) => error);
  // The server in front may end a connection whose headers never end.
  if (response instanceof Response) {
    await response.body?.cancel();
    assert.ok([400, 401, 431].includes(response.status), `${response.status}`);
  }
  assert.equal((await send(kit.urls.dedicated, ALERT)).status, 202);
});
