/** Kits that are pasted: as text, and by commands that run as they are. */
import assert from "node:assert/strict";
import {
  FUNCTIONS_URL,
  type Kit,
  provision,
  register,
  SECRET_KEY,
} from "../../support/project.ts";

async function show(
  kit: Kit,
  query: string,
  accept = "*/*",
): Promise<{ status: number; type: string | null; text: string }> {
  const url =
    `${FUNCTIONS_URL}/provision/strategies/${kit.strategy.slug}?reveal=true${query}`;
  const response = await fetch(url, {
    headers: { apikey: SECRET_KEY, accept },
    redirect: "error",
  });
  const { status, headers } = response;
  return {
    status,
    type: headers.get("content-type"),
    text: await response.text(),
  };
}

/** Runs a command and returns the JSON that it prints. */
async function run(
  program: string,
  args: string[],
): Promise<Record<string, unknown>> {
  const { stdout } = await new Deno.Command(program, { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a kit as text has what is pasted, and no signing secret", async () => {
  const kit = await register();
  const { status, type, text } = await show(kit, "&format=text");
  assert.deepEqual([status, type], [200, "text/plain; charset=UTF-8"]);
  const { tradingview, examples, secret } = kit;
  const pasted = [
    ...Object.values(tradingview),
    examples.curl,
    examples.curl_windows,
  ];
  assert.deepEqual(pasted.filter((part) => !text.includes(`${part}\n`)), []);
  assert.ok(!text.includes(secret));
});

Deno.test("a caller that accepts plain text gets the kit as text", async () => {
  const kit = await register();
  const asked = await show(kit, "&format=text");
  assert.deepEqual(await show(kit, "", "text/plain"), asked);
});

Deno.test("a caller that accepts anything gets JSON", async () => {
  const { type } = await show(await register(), "");
  assert.equal(type, "application/json");
});

Deno.test("an unknown format is refused before anything is registered", async () => {
  const name = `Unknown format ${crypto.randomUUID().slice(0, 8)}`;
  const refused = await provision("POST", "/strategies?format=xml", { name });
  assert.equal(refused.status, 422);
  const { status } = await provision("POST", "/strategies", { name });
  assert.equal(status, 201);
});

Deno.test("registering answers text, too", async () => {
  const response = await fetch(`${FUNCTIONS_URL}/provision/strategies`, {
    method: "POST",
    redirect: "error",
    headers: { apikey: SECRET_KEY, accept: "text/plain" },
    body: JSON.stringify({ name: `Text ${crypto.randomUUID().slice(0, 8)}` }),
  });
  assert.equal(response.status, 201);
  assert.match(await response.text(), /^Strategy Text .*, active\n\nWarning: /);
});

Deno.test("the kit's command for a shell sends an alert", async () => {
  const { examples } = await register();
  const answer = await run("sh", ["-c", examples.curl]);
  assert.equal(answer["status"], "accepted", JSON.stringify(answer));
});

Deno.test("the kit's command for Windows sends an alert", async () => {
  const { examples } = await register();
  const [, ...args] = [...examples.curl_windows.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain!);
  const answer = await run("curl", args);
  assert.equal(answer["status"], "accepted", JSON.stringify(answer));
});

/** Values that TradingView puts in the place of its placeholders. */
const VALUES: Record<string, string> = {
  exchange: "OANDA",
  ticker: "XAUUSD",
  close: "2385.2",
  interval: "15",
  timenow: new Date().toISOString(),
};

Deno.test("the message for indicators is taken as it is, with the action that it names", async () => {
  const { tradingview, urls } = await register();
  const message = tradingview.indicator_message
    .replace(/{{(\w+)}}/g, (_, name) => VALUES[name]!);
  const answer = await run("curl", [
    "-s",
    urls.dedicated,
    "-d",
    message,
  ]);
  assert.equal(answer["status"], "accepted", JSON.stringify(answer));
});

Deno.test("Studio's snippet shows the messages of the kit", async () => {
  const { strategy, tradingview } = await register();
  const response = await fetch(
    `${FUNCTIONS_URL.replace("/functions/v1", "/rest/v1")}/rpc/reveal_strategy`,
    {
      method: "POST",
      redirect: "error",
      headers: { apikey: SECRET_KEY, "content-type": "application/json" },
      body: JSON.stringify({ slug: strategy.slug }),
    },
  );
  const [{ message, indicator_message }] = await response.json();
  assert.deepEqual([message, indicator_message], [
    tradingview.message,
    tradingview.indicator_message,
  ]);
});
