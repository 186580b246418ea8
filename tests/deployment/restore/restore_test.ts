/** A database that was restored without Vault's root key: what needs an old secret fails, and says what to do. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { type Answer, send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { loseRootKey, startProject } from "./restored_project.ts";

const kitOf = ({ body }: Answer) => body as unknown as Kit;
const alert = (n: number) => JSON.stringify({ signal: "BUY", price: n });

Deno.test("a project that is restored without Vault's root key", async (t) => {
  await using project = await startProject();
  await using sink = startSink();
  const { sql, call } = project;
  const register = async (name: string, more = {}) =>
    kitOf(await call("POST", "/strategies", { name, ...more }));
  const old = await register("Old");
  const routed = await register("Routed", {
    routes: [{ kind: "http", target: sink.url }],
  });
  await loseRootKey(project);

  await t.step(
    "answers alerts whose secret is lost with 503, so that they are sent again",
    async () => {
      const { status, body, headers } = await send(
        old.urls.dedicated,
        alert(1),
      );
      assert.deepEqual([status, body.code], [503, "unavailable"]);
      assert.ok(headers.get("retry-after"));
    },
  );

  await t.step("still refuses a request without a credential", async () => {
    const url = old.urls.dedicated.replace(/\?.*/, "");
    assert.equal((await send(url, alert(1))).status, 401);
  });

  await t.step("marks what cannot be read in the list", async () => {
    const { body } = await call("GET", "/strategies");
    const { strategies } = body as unknown as {
      strategies: {
        name: string;
        secrets: { unreadable?: boolean }[];
        routes: { kind: string; unreadable_secret?: boolean }[];
      }[];
    };
    assert.deepEqual(
      strategies.map(({ name, secrets, routes }) => [
        name,
        secrets.map(({ unreadable }) => unreadable),
        routes.map((route) => route.unreadable_secret),
      ]),
      [["Old", [true], [undefined]], ["Routed", [true], [true]]],
    );
  });

  await t.step("answers a kit with what to do", async () => {
    const { status, body } = await call("GET", "/strategies/old?reveal=true");
    assert.deepEqual([status, body.code], [409, "unreadable_secret"]);
    assert.equal(
      body.detail,
      `Vault cannot read the secret of strategy "old": restore Vault's root key, ` +
        "or make a new secret with POST /provision/strategies/old/rotate (URLs change)",
    );
  });

  await t.step("answers the universal secret with what to do", async () => {
    const { status, body } = await call("GET", "/universal?reveal=true");
    assert.equal(status, 409);
    assert.match(`${body.detail}`, /POST \/provision\/universal\/rotate/);
  });

  await t.step(
    "accepts alerts of a strategy whose secret can be read, on both endpoints",
    async () => {
      const fresh = await register("Fresh");
      const universal = fresh.urls.universal + `?token=${fresh.token}`;
      const named = JSON.stringify({ strategy: "fresh", signal: "SELL" });
      assert.deepEqual([
        (await send(fresh.urls.dedicated, alert(2))).status,
        (await send(universal, named)).status,
      ], [202, 202]);
    },
  );

  await t.step(
    "opens one incident, however often the monitor looks",
    async () => {
      await sql`select private.monitor()`;
      await sql`select private.monitor()`;
      const incidents = await sql`
      select kind, status, details ->> 'meaning' as meaning from incidents`;
      assert.deepEqual(incidents.map((row) => ({ ...row })), [{
        kind: "unreadable_secrets",
        status: "open",
        meaning:
          "Vault cannot read the universal secret, the secret of strategy old, " +
          "the secret of strategy routed …: restore its root key, or rotate them",
      }]);
      const told = await sql`
      select from notifications where text like '%unreadable_secrets%'`;
      assert.equal(told.length, 1);
    },
  );

  await t.step(
    "rotates a strategy's secret without the old one, which ends",
    async () => {
      const rotated = kitOf(await call("POST", "/strategies/old/rotate"));
      assert.deepEqual([
        (await send(rotated.urls.dedicated, alert(3))).status,
        (await send(old.urls.dedicated, alert(3))).status,
      ], [202, 401]);
    },
  );

  await t.step(
    "signs a route's deliveries with a new secret after its strategy's rotation",
    async () => {
      const kit = kitOf(await call("POST", "/strategies/routed/rotate"));
      assert.equal((await send(kit.urls.dedicated, alert(4))).status, 202);
      await until(() => sink.deliveries.length > 0, "a delivery");
      const secretOf = ({ routes }: Kit) =>
        routes.find(({ kind }) => kind === "http")!.secret!;
      assert.notEqual(secretOf(kit), secretOf(routed));
      const [{ headers, text, id }] = sink.deliveries as [
        typeof sink.deliveries[0],
      ];
      new Webhook(secretOf(kit)).verify(text, {
        "webhook-id": id,
        "webhook-timestamp": headers.get("webhook-timestamp")!,
        "webhook-signature": headers.get("webhook-signature")!,
      });
    },
  );

  await t.step(
    "rotates the universal secret, and resolves the incident",
    async () => {
      const { status, body } = await call("POST", "/universal/rotate");
      assert.equal(status, 200);
      const named = JSON.stringify({ strategy: "old", signal: "SELL" });
      assert.equal((await send(`${body.url}`, named)).status, 202);
      await sql`select private.monitor()`;
      const incidents = await sql`
      select kind from incidents where status <> 'resolved'`;
      assert.deepEqual(incidents.map(({ kind }) => kind), []);
    },
  );

  await t.step(
    "renews the key with which cron wakes the dispatch function",
    async () => {
      assert.equal((await sql`select read_wake_key() as key`)[0]!.key, null);
      await sql`select private.renew_unreadable_wake_key()`;
      assert.match(
        (await sql`select read_wake_key() as key`)[0]!.key,
        /^[0-9a-f]{64}$/,
      );
    },
  );
});
