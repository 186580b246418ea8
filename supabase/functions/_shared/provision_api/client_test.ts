import assert from "node:assert/strict";
import {
  openProvision,
  type ProvisionAccess,
  type ProvisionClient,
  ProvisionError,
  strategyPath,
} from "./client.ts";
import { phaseAnswerSchema } from "./operations.ts";

const SECRET_KEY = "sb_secret_test";

/** Runs a test with the client of a stand-in for `provision`. */
async function withStandIn(
  answer: (request: Request) => Response | Promise<Response>,
  test: (provision: ProvisionClient) => Promise<void>,
  access: Partial<ProvisionAccess> = {},
): Promise<void> {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    answer,
  );
  const functionsUrl = `http://127.0.0.1:${server.addr.port}/functions/v1`;
  await test(openProvision({ functionsUrl, secretKey: SECRET_KEY, ...access }));
}

/** Returns the error that a call ends with. */
async function errorOf(work: Promise<unknown>): Promise<ProvisionError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

const readPhase = (provision: ProvisionClient) =>
  provision.call(phaseAnswerSchema, "/phase");

Deno.test("a call carries the key and the actor, and returns the answer with its status", async () => {
  let sent: [url: string, headers: Headers] | undefined;
  await withStandIn(
    ({ url, headers }) => {
      sent = [url, new Headers(headers)];
      return Response.json({ phase: "hybrid" }, { status: 201 });
    },
    async (provision) => {
      const { status, body } = await readPhase(provision);
      assert.deepEqual([status, body.phase], [201, "hybrid"]);
    },
    { actor: "telegram:1" },
  );
  const [url, headers] = sent!;
  assert.equal(new URL(url).pathname, "/functions/v1/provision/phase");
  assert.equal(headers.get("apikey"), SECRET_KEY);
  assert.equal(headers.get("x-actor"), "telegram:1");
});

const PROBLEM = { code: "not_found", title: "Not found" };
const REFUSALS: [what: string, answer: () => Response, sentence: RegExp][] = [
  [
    "a refusal with a detail",
    () => Response.json({ ...PROBLEM, detail: "Gone" }, { status: 404 }),
    /^Gone$/,
  ],
  [
    "a refusal without one",
    () => Response.json(PROBLEM, { status: 404 }),
    /^Not found$/,
  ],
  [
    "a refusal of fields",
    () => {
      const errors = [
        { path: "name", message: "Too long" },
        { path: "", message: "Say which" },
      ];
      return Response.json({ ...PROBLEM, errors }, { status: 422 });
    },
    /^name: Too long; Say which$/,
  ],
  [
    "a refused key",
    () => Response.json({ ...PROBLEM, title: "secret" }, { status: 401 }),
    /^`provision` does not accept the secret key$/,
  ],
  [
    "an outage",
    () => Response.json({ ...PROBLEM, title: "secret" }, { status: 503 }),
    /^`provision` is not available: try again in a moment$/,
  ],
  [
    "an error page",
    () => new Response("<h1>secret</h1>", { status: 404 }),
    /^`provision` is not available: try again in a moment$/,
  ],
  [
    "an answer of another form",
    () => new Response("secret"),
    /^`provision` gave an answer of unknown form$/,
  ],
];

for (const [what, answer, sentence] of REFUSALS) {
  Deno.test(`${what} becomes the sentence ${sentence.source}`, () =>
    withStandIn(answer, async (provision) => {
      assert.match((await errorOf(readPhase(provision))).message, sentence);
    }));
}

Deno.test("a refusal's code can be asked for", () =>
  withStandIn(
    () => Response.json(PROBLEM, { status: 404 }),
    async (provision) => {
      assert.equal((await errorOf(readPhase(provision))).code, "not_found");
    },
  ));

Deno.test("a redirect is not followed: it would take the key along", async () => {
  let calls = 0;
  await withStandIn(
    ({ url }) => {
      calls++;
      return Response.redirect(new URL("/elsewhere", url));
    },
    async (provision) => {
      const { message } = await errorOf(readPhase(provision));
      assert.match(message, /^`provision` redirects to .*\/elsewhere$/);
    },
  );
  assert.equal(calls, 1);
});

const LATE: [method: string, sentence: RegExp][] = [
  ["GET", /takes too long to answer: try again later$/],
  ["POST", /may have done it anyway: check before you try again$/],
];

for (const [method, sentence] of LATE) {
  Deno.test(`a ${method} that is not answered in time ends with "${sentence.source}"`, async () => {
    const answer = Promise.withResolvers<Response>();
    await withStandIn(
      () => answer.promise,
      async (provision) => {
        const call = provision.call(phaseAnswerSchema, "/phase", { method });
        assert.match((await errorOf(call)).message, sentence);
        answer.resolve(new Response());
      },
      { deadline: AbortSignal.timeout(50) },
    );
  });
}

Deno.test("where nothing listens, the cause says why", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  const functionsUrl = `http://127.0.0.1:${listener.addr.port}`;
  const provision = openProvision({ functionsUrl, secretKey: SECRET_KEY });
  const { message, cause } = await errorOf(readPhase(provision));
  assert.match(message, /^`provision` cannot be reached: try again later$/);
  assert.ok(cause instanceof Error);
});

const PATHS: [name: string, path: string][] = [
  ["gold", "/strategies/gold"],
  ["a/b", "/strategies/a%2Fb"],
  ["?reveal=true#x", "/strategies/%3Freveal%3Dtrue%23x"],
  ["a\ud800", "/strategies/a%EF%BF%BD"],
];

for (const [name, path] of PATHS) {
  Deno.test(`the strategy ${JSON.stringify(name)} is at ${path}`, () => {
    assert.equal(strategyPath(name), path);
  });
}

for (const name of [".", ".."]) {
  Deno.test(`"${name}" names no strategy: a URL would leave the collection`, () => {
    assert.throws(() => strategyPath(name), { code: "not_found" });
  });
}
