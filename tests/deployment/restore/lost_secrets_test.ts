/** A project that was moved without its secrets: Vault has not even their rows, and all is made anew by rotating. */
import assert from "node:assert/strict";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { type Answer, send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { loseSecrets, startProject } from "./restored_project.ts";

const kitOf = ({ body }: Answer) => body as unknown as Kit;

Deno.test("a project that is moved without its secrets", async (t) => {
  await using project = await startProject();
  await using sink = startSink();
  const { sql, call } = project;
  const registered = kitOf(
    await call("POST", "/strategies", {
      name: "Old",
      routes: [{ kind: "http", target: sink.url }],
    }),
  );
  await loseSecrets(project);

  await t.step(
    "answers alerts under an old secret with 503, so that they are sent again",
    async () => {
      const { status } = await send(registered.urls.dedicated, "BUY");
      assert.equal(status, 503);
    },
  );

  await t.step("opens an incident that names what is lost", async () => {
    await sql`select private.monitor()`;
    const [incident] = await sql`
      select details ->> 'meaning' as meaning from incidents where kind = 'unreadable_secrets'`;
    assert.match(
      incident!.meaning,
      /^Vault cannot read the universal secret, the secret of strategy old, the signing secret of route http:/,
    );
  });

  await t.step(
    "takes alerts under a new secret, and signs its deliveries",
    async () => {
      const kit = kitOf(await call("POST", "/strategies/old/rotate"));
      assert.equal((await send(kit.urls.dedicated, "BUY")).status, 202);
      await until(() => sink.deliveries.length > 0, "a delivery");
    },
  );

  await t.step("has nothing left to be mended", async () => {
    await call("POST", "/universal/rotate");
    const { body } = await call("GET", "/doctor");
    assert.deepEqual(body.vault, { missing: [], unreadable: [] });
  });
});
