import assert from "node:assert/strict";
import { deliver, type DeliveryDeps, type LeasedDispatch } from "./deliver.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRET_KEY = "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz";

const deps: DeliveryDeps = {
  allowLoopback: true,
  resolve: () => Promise.resolve(["93.184.215.14"]),
  internalUrl: "http://127.0.0.1:9/functions/v1",
  secretKey: "sb_secret_test",
};

function dispatchTo(
  target: string,
  kind: LeasedDispatch["kind"] = "http",
): LeasedDispatch {
  return {
    id: "d3b07384-d9a0-4c9b-8f5e-0a4b8c1d2e3f",
    fence: 1,
    kind,
    target,
    secret: SECRET,
    send_secret_key: false,
    correlation_id: "c0ffee00-0000-4000-8000-000000000000",
    message: { action: "buy" },
  };
}

interface Target {
  url: string;
  headers: Headers[];
}

async function withTarget(
  answer: () => Response,
  test: (target: Target) => Promise<void>,
  headers: Headers[] = [],
): Promise<void> {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      await request.arrayBuffer();
      headers.push(new Headers(request.headers));
      return answer();
    },
  );
  await test({ url: `http://127.0.0.1:${server.addr.port}`, headers });
}

Deno.test("deliver() reports no error when the target accepts the signal", () =>
  withTarget(() => new Response("ok", { status: 200 }), async ({ url }) => {
    const { error, status_code } = await deliver(dispatchTo(url), deps);
    assert.deepEqual([error, status_code], [undefined, 200]);
  }));

Deno.test("deliver() sends nothing unsigned when Vault has lost the route's secret", () =>
  withTarget(() => new Response("ok"), async ({ url, headers }) => {
    const dispatch = { ...dispatchTo(url), secret: null };
    const { error } = await deliver(dispatch, deps);
    assert.match(
      error!,
      /^The route's signing secret cannot be read from Vault/,
    );
    assert.equal(headers.length, 0);
  }));

Deno.test("deliver() shows the project's key to functions whose route asks for it", () =>
  withTarget(() => new Response("ok"), async ({ url, headers }) => {
    const ours = { ...deps, internalUrl: url };
    const asks = { send_secret_key: true };
    await deliver({ ...dispatchTo(`${url}/place-order`), ...asks }, deps);
    await deliver(dispatchTo("place-order", "function"), ours);
    await deliver({ ...dispatchTo("place-order", "function"), ...asks }, ours);
    const keys = headers.map((one) => one.get("apikey"));
    assert.deepEqual(keys, [null, null, "sb_secret_test"]);
  }));

Deno.test("deliver() explains what to do when the platform demands a user's token", () =>
  withTarget(
    () =>
      Response.json({ code: 401, message: "Missing authorization header" }, {
        status: 401,
      }),
    async ({ url }) => {
      const { error } = await deliver(dispatchTo("place-order", "function"), {
        ...deps,
        internalUrl: url,
      });
      assert.match(error!, /^Function "place-order" .*verify_jwt = false/);
    },
  ));

Deno.test("deliver() does not call a name that resolves to a private address", async () => {
  const { error } = await deliver(dispatchTo("https://example.com/"), {
    ...deps,
    resolve: () => Promise.resolve(["10.0.0.1"]),
  });
  assert.equal(error, "The target's address is private, local or reserved");
});

Deno.test("deliver() does not wait for a resolver longer than for a target", async () => {
  const { error, duration_ms } = await deliver(
    dispatchTo("https://example.com/"),
    { ...deps, resolve: () => new Promise(() => {}) },
  );
  assert.equal(error, "No answer within 5 s");
  assert.ok(duration_ms < 6000);
});

Deno.test("deliver() cuts an answer so that it can be stored", () =>
  withTarget(
    () => new Response(`\0${"x".repeat(198)}😀`, { status: 500 }),
    async ({ url }) => {
      const { error } = await deliver(dispatchTo(url), deps);
      assert.ok(error!.isWellFormed() && !error!.includes("\0"), `${error}`);
    },
  ));

/** Answers with the request's headers, as many debug pages do, in every form of them. */
function debugPage(request: Headers, write: (text: string) => string): string {
  const shown = Object.fromEntries(
    ["apikey", "webhook-signature"].map((name) => [name, request.get(name)]),
  );
  return write(JSON.stringify({ headers: { ...shown, secret: SECRET } }));
}

const FORMS: Record<string, (text: string) => string> = {
  "JSON": (text) => text,
  "JSON in JSON": (text) => JSON.stringify(text),
  "HTML": (text) => `<pre>${text.replaceAll('"', "&quot;")}</pre>`,
  "a text": (text) => text.replace(/[{}"]/g, " ").replace(/[a-z-]+:/g, ""),
  "a URL": (text) => `https://x.test/?q=${encodeURIComponent(text)}`,
  "base64": (text) => btoa(text),
  "an answer that is cut": (text) => text.repeat(60),
};

for (const [form, write] of Object.entries(FORMS)) {
  Deno.test(`deliver() keeps nothing of ours that a target answers as ${form}`, () => {
    const seen: Headers[] = [];
    return withTarget(
      () => new Response(debugPage(seen[0]!, write), { status: 500 }),
      async ({ url }) => {
        const { error } = await deliver({
          ...dispatchTo("place-order", "function"),
          send_secret_key: true,
        }, { ...deps, internalUrl: url, secretKey: SECRET_KEY });
        const signature = seen[0]!.get("webhook-signature")!.slice(3);
        const forms = [SECRET_KEY, SECRET.slice(6), signature]
          .flatMap((text) => [text.slice(8, 24), btoa(text.slice(0, 12))]);
        assert.deepEqual(forms.filter((text) => error!.includes(text)), []);
        assert.match(error!, /^Target answered 500/);
      },
      seen,
    );
  });
}

Deno.test("deliver() keeps no part of a secret at the end of what is read of an answer", () =>
  withTarget(
    () => {
      const key = SECRET.slice("whsec_".length, 30);
      // Masked, it is shorter than what is kept.
      const start = `token=${"x".repeat(4096)}\n`;
      return new Response(start + key, { status: 500 });
    },
    async ({ url }) => {
      const { error } = await deliver(dispatchTo(url), deps);
      assert.equal(error, "Target answered 500");
    },
  ));

Deno.test("deliver() reports why a target cannot be reached, without its path", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  const { error } = await deliver(
    dispatchTo(`http://127.0.0.1:${listener.addr.port}/as-good-as-a-password`),
    deps,
  );
  assert.match(error!, /refused/);
  assert.doesNotMatch(error!, /password/);
});
