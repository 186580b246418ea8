/** The list of alerts: by hand, by keyboard, and with ten thousand of them. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { openProvision } from "../../scripts/cli/project.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";
import { registerStrategy } from "../../supabase/functions/_shared/provision_api/calls.ts";
import {
  API_URL,
  openDatabase,
  register,
  SECRET_KEY,
  send,
} from "../support/project.ts";
import { inBrowser, openConsole } from "./browser.ts";
import { fill } from "./demo.ts";

const PROJECT = { url: API_URL, secretKey: SECRET_KEY };
const MANY = 10_000;

/** Scrolls the list down to its end; returns how long each frame took, and the most rows that were there at once. */
const SCROLL = `(async () => {
  const list = document.querySelector(".list");
  const frames = [];
  let rows = 0;
  let last = performance.now();
  const end = last + 60_000;
  while (!list.textContent.includes("No older alert") && last < end) {
    list.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
    rows = Math.max(rows, list.querySelectorAll(".alert").length);
  }
  frames.sort((a, b) => a - b);
  return { median: frames[frames.length >> 1], p95: frames[Math.floor(frames.length * 0.95)], rows };
})()`;

Deno.test(
  inBrowser(
    "ten thousand alerts scroll smoothly, and few of them are in the document",
    async (browser) => {
      // A stack of its own: what is refused among so many would be an incident to others.
      await using cleanup = new AsyncDisposableStack();
      const stack = await startTemporaryStack({ cron: false });
      cleanup.defer(() => stack.close());
      const project = { url: stack.apiUrl, secretKey: stack.secretKey };
      const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
      cleanup.defer(() => sql.end());
      const settings = { name: "Many" };
      const { kit: { strategy: { id, slug } } } = await registerStrategy(
        openProvision(project),
        settings,
      );
      await fill(sql, id, { alertsADay: MANY, symbol: "MANY", price: 100 });
      await using opened = await openConsole(browser, project);
      const { page } = opened;
      await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
      await page.locator(".alert").first().waitFor();
      const { median, p95, rows } = await page.evaluate<
        { median: number; p95: number; rows: number }
      >(SCROLL);
      await page.getByText("10,000 shown").waitFor();
      await page.getByText("No older alert").waitFor();
      assert.ok(rows <= 80, `${rows} rows`);
      assert.ok(median <= 34, `A frame took ${median} ms at the median`);
      assert.ok(p95 <= 100, `A frame took ${p95} ms at 95 %`);
    },
  ),
);

Deno.test(
  inBrowser(
    "alerts are found by strategy, outcome, code and text",
    async (browser) => {
      const { strategy: { slug }, urls } = await register();
      await send(urls.dedicated, '{"signal":"BUY","symbol":"FOUND"}');
      await send(urls.dedicated, '{"signal":"nonsense","note":"Ärger"}');
      const { body } = await send(
        urls.dedicated,
        '{"signal":"SELL","symbol":"IDS"}',
      );
      await using opened = await openConsole(browser, PROJECT);
      const { page } = opened;
      const rows = page.locator(".alert");
      const shows = async (text: string) => {
        await rows.filter({ hasText: text }).waitFor();
        await page.getByText(/^1 shown/).waitFor();
      };
      await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
      await page.getByText(/^3 shown/).waitFor();
      const text = page.getByLabel(/^Text in the alert/);
      await text.fill("found");
      await shows("buy FOUND");
      await text.fill(String(body["correlation_id"]));
      await shows("sell IDS");
      await text.fill("ÄRGER");
      await shows("nonsense");
      await text.fill("");
      await page.getByLabel(/^Code/).fill("invalid_alert");
      await shows("nonsense");
      await page.getByLabel(/^Code/).fill("no_such_code");
      await page.getByText("No alert fits these filters").waitFor();
    },
  ),
);

Deno.test(
  inBrowser(
    "a new alert comes into the list by itself, with what becomes of it",
    async (browser) => {
      const { strategy: { slug }, urls } = await register();
      await using opened = await openConsole(browser, PROJECT);
      const { page } = opened;
      await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
      await page.getByText("No alert fits these filters").waitFor();
      await send(urls.dedicated, '{"signal":"BUY","symbol":"LIVE"}');
      const alert = page.getByRole("option").filter({ hasText: "buy LIVE" });
      await alert.getByText("queue:").waitFor();
      await using database = openDatabase();
      const [claimed] = await database.sql`
    select * from claim_signals(${slug.replaceAll("-", "_")}, 'console')`;
      await database.sql`
    select complete_signal(${slug.replaceAll("-", "_")}, ${
        claimed!["message_id"]
      }, ${claimed!["receipt"]})`;
      await alert.getByText("executed").waitFor();
    },
  ),
);

Deno.test(inBrowser("the list is used by keyboard alone", async (browser) => {
  const { strategy: { slug }, urls } = await register();
  for (const symbol of ["ONE", "TWO", "THREE"]) {
    await send(urls.dedicated, JSON.stringify({ signal: "BUY", symbol }));
  }
  await using opened = await openConsole(browser, PROJECT);
  const { page } = opened;
  await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
  await page.getByText(/^3 shown/).waitFor();
  await page.locator("body").press("/");
  assert.ok(
    await page.getByLabel(/^Text in the alert/).evaluate((input) =>
      input === input.ownerDocument.activeElement
    ),
  );
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Alert" });
  await panel.getByText("ONE", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await panel.getByText("TWO", { exact: true }).waitFor();
}));
