/** A fresh operator, from the first strategy to the first mistake, in the console alone. */
import assert from "node:assert/strict";
import { install, PROGRAMS } from "../examples/programs.ts";
import { API_URL, provision, SECRET_KEY, send } from "../support/project.ts";
import { copied, inBrowser, openConsole, type Page, shoot } from "./browser.ts";

const PROJECT = { url: API_URL, secretKey: SECRET_KEY };
const NAME = `Story ${Date.now().toString(36)}`;
const SLUG = NAME.toLowerCase().replace(" ", "-");

/** Fills a template as TradingView does. */
function fire(template: string, values: Record<string, string>): string {
  return template.replace(
    /{{([\w.]+)}}/g,
    (_, name: string) => values[name] ?? "",
  );
}

async function startWorker() {
  const queues = [SLUG];
  const { body } = await provision<{ key: string }>("POST", "/workers", {
    name: `${SLUG} worker`,
    queues,
  });
  const example = await install(PROGRAMS.find(({ name }) => name === "deno")!, {
    "SUPABASE_URL": API_URL,
    "WORKER_KEY": body.key,
    "TESTS": "1",
  });
  example.start();
  return example;
}

/** Opens the newest alert of the list that has a text. */
async function openAlert(page: Page, text: string) {
  await page.getByRole("option").filter({ hasText: text }).first().click();
  return page.getByRole("complementary", { name: "Alert" });
}

Deno.test(inBrowser(
  "a fresh operator registers, tests, rotates and finds a refused alert, all from the console",
  async (browser) => {
    await using opened = await openConsole(browser, PROJECT);
    const { page, dialog, row } = opened;

    await page.getByRole("button", { name: "Register…" }).click();
    await dialog.getByLabel("Name").fill(NAME);
    await dialog.getByRole("button", { name: "Register" }).click();
    await dialog.getByText(`${NAME} is registered`).waitFor();
    const url = await copied(page, "Webhook URL");
    const template = await copied(page, "Message template for TradingView");
    await shoot(page, "story-1-kit");
    assert.ok(url.startsWith(`${API_URL}/functions/v1/webhook/${SLUG}?token=`));
    await dialog.getByRole("button", { name: "Done" }).click();

    await using worker = await startWorker();
    await row(SLUG).getByRole("button", { name: "Test…" }).click();
    await dialog.getByLabel(/^queue:/).check();
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.getByText("202 accepted").waitFor();
    await shoot(page, "story-2-test");
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByLabel("Strategy", { exact: true }).selectOption(SLUG);
    const panel = await openAlert(page, "test hold TEST");
    await panel.getByText(/^queue:\w+: executed$/).waitFor();
    await panel.getByText(`by ${SLUG} worker`).waitFor();
    await shoot(page, "story-3-executed");
    await page.keyboard.press("Escape");

    const values = {
      "strategy.order.action": "buy",
      "strategy.order.contracts": "2",
      "strategy.order.price": "1934.5",
      "strategy.market_position": "long",
      "strategy.market_position_size": "2",
      "strategy.prev_market_position": "flat",
      "strategy.prev_market_position_size": "0",
      exchange: "OANDA",
      ticker: "XAUUSD",
      time: new Date().toISOString(),
      timenow: new Date().toISOString(),
    };
    const real = await send(url, fire(template, values));
    assert.equal(real.status, 202, JSON.stringify(real.body));
    await openAlert(page, "open long XAUUSD 2 @ 1934.5");
    await panel.getByText(/ worker, {.*"order_id"/).waitFor();
    assert.equal(worker.orders()[0]?.position, 2);
    await page.keyboard.press("Escape");

    await row(SLUG).getByRole("button", { name: "Rotate…" }).click();
    await dialog.getByRole("button", { name: "Rotate" }).click();
    await dialog.getByText(`New kit of ${NAME}`).waitFor();
    const fresh = await copied(page, "Webhook URL");
    await dialog.getByRole("button", { name: "Done" }).click();
    await row(SLUG).getByText("old:").waitFor();
    assert.notEqual(fresh, url);
    assert.equal((await send(url, '{"signal":"SELL"}')).status, 202);

    await send(fresh, '{"action":"buy","symbol":"XAUUSD","price":"1,934.5"}');
    await page.getByLabel("Outcome").selectOption("invalid");
    await openAlert(page, "invalid alert");
    await panel.getByText("invalid: invalid alert").waitFor();
    await panel.getByText(/price: Not a number in decimal notation/).waitFor();
    await panel.getByText('"price":"1,934.5"').waitFor();
    await panel.getByRole("button", { name: "Explain each step" }).click();
    await panel.getByText("It would be refused: 422 invalid_alert").waitFor();
    await shoot(page, "story-4-refused");
  },
));
