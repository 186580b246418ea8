/** docs/tradingview.md says what is so: its templates are accepted, its answers are the real ones. */
import assert from "node:assert/strict";
import { isHere } from "../examples/programs.ts";
import { API_URL, register, send } from "../support/project.ts";
import { blocksIn, codeIn, readDocument, tableIn } from "./markdown.ts";

const TRADINGVIEW = readDocument("tradingview.md");
const [STRATEGY, INDICATOR] = blocksIn(TRADINGVIEW, "json");

/** What TradingView puts in place of a placeholder when a short is closed. */
const VALUES: Record<string, string> = {
  "strategy.order.action": "buy",
  "strategy.order.contracts": "2",
  "strategy.order.price": "2411.35",
  "strategy.market_position": "flat",
  "strategy.market_position_size": "0",
  "strategy.prev_market_position": "short",
  "strategy.prev_market_position_size": "2",
  "strategy.order.id": "Close",
  "exchange": "OANDA",
  "ticker": "XAUUSD",
  "close": "2411.35",
  "interval": "60",
  "time": "2026-11-26T03:00:00Z",
  "timenow": "2026-11-26T03:00:01Z",
};

function filled(template: string, slug: string): string {
  return template.replaceAll("YOUR-SLUG", slug)
    .replace(/\{\{([^}]+)\}\}/g, (_, name) => VALUES[name]!);
}

Deno.test("the document's strategy template is the kit's", async () => {
  const { strategy, tradingview } = await register();
  assert.deepEqual(
    JSON.parse(STRATEGY!.replace("YOUR-SLUG", strategy.slug)),
    JSON.parse(tradingview.message),
  );
});

for (const [name, template] of Object.entries({ STRATEGY, INDICATOR })) {
  Deno.test(`the document's template ${name} is accepted on the universal URL`, async () => {
    const kit = await register();
    const { body } = await send(
      kit.urls.universal,
      filled(template!, kit.strategy.slug),
    );
    assert.deepEqual(
      [body.status, body["strategy"]],
      ["accepted", kit.strategy.slug],
    );
  });
}

/** Returns what `alert()` of the Pine example sends: its texts, joined by values as the script joins them. */
function pineMessage(): string {
  const [pine] = blocksIn(TRADINGVIEW, "pine");
  const joined = /alert\((.*?), alert\.freq/s.exec(pine!)![1]!;
  const values: Record<string, string> = {
    "action": "enter_long",
    "syminfo.prefix": "OANDA",
    "syminfo.ticker": "XAUUSD",
    "str.tostring(close)": "2411.35",
    "timeframe.period": "60",
    "str.format_time(timenow)": "2026-11-26T03:00:01+0000",
  };
  return joined.split(/\s\+\s/).map((part) =>
    part.trim().startsWith("'") ? part.trim().slice(1, -1) : values[part.trim()]
  ).join("");
}

Deno.test("the document's Pine example sends what is accepted", async () => {
  const kit = await register();
  const { body } = await send(kit.urls.dedicated, pineMessage());
  assert.equal(body.status, "accepted");
});

Deno.test({
  name: "the document's curl sends an alert that is accepted",
  ignore: !isHere("curl"),
  fn: async () => {
    const kit = await register();
    const [command] = blocksIn(TRADINGVIEW, "sh");
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", command!],
      env: { "WEBHOOK_URL": kit.urls.dedicated },
      stderr: "null",
    }).output();
    assert.equal(
      JSON.parse(new TextDecoder().decode(stdout)).status,
      "accepted",
    );
  },
});

for (
  const [arrived, status, code, answer] of tableIn(TRADINGVIEW, "what arrived")
) {
  Deno.test(`the document's answer to ${arrived} is the real one`, async () => {
    const kit = await register();
    const body = codeIn(arrived!);
    const isAlert = body !== arrived;
    const real = isAlert ? await send(kit.urls.dedicated, body) : await send(
      `${API_URL}/functions/v1/webhook/${kit.strategy.slug}`,
      "BUY",
    );
    const isRefused = real.status >= 400;
    assert.deepEqual(
      [`${real.status}`, real.body.code ?? ""],
      [status, codeIn(code!)],
    );
    if (isRefused && isAlert) {
      assert.ok(
        `${real.body["detail"]}`.includes(answer!),
        `${real.body["detail"]}`,
      );
    } else assert.match(answer!, /^nothing/);
  });
}
