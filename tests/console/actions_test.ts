/** An operator's actions in the console, each through to the router. */
import assert from "node:assert/strict";
import {
  API_URL,
  openDatabase,
  provision,
  register,
  SECRET_KEY,
  send,
  until,
} from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { inBrowser, openConsole } from "./browser.ts";

const PROJECT = { url: API_URL, secretKey: SECRET_KEY };

async function statusOf(slug: string): Promise<string> {
  const { body } = await provision<{ strategy: { status: string } }>(
    "GET",
    `/strategies/${slug}`,
  );
  return body.strategy.status;
}

async function mode(): Promise<string> {
  const { body } = await provision<{ mode: string }>("GET", "/mode");
  return body.mode;
}

for (
  const [choice, status] of [
    ["Entries only", "exits_only"],
    ["Everything", "paused"],
  ] as const
) {
  Deno.test(
    inBrowser(
      `a strategy is paused (${status}) and resumed`,
      async (browser) => {
        const { strategy: { slug } } = await register();
        await using opened = await openConsole(browser, PROJECT);
        const { row, dialog } = opened;
        await row(slug).getByRole("button", { name: "Pause…" }).click();
        await dialog.getByLabel(choice).check();
        await dialog.getByRole("button", { name: "Pause" }).click();
        await row(slug).getByText(status.replace("_", " ")).waitFor();
        assert.equal(await statusOf(slug), status);
        await row(slug).getByRole("button", { name: "Resume…" }).click();
        await dialog.getByRole("button", { name: "Resume" }).click();
        await row(slug).getByRole("button", { name: "Pause…" }).waitFor();
        assert.equal(await statusOf(slug), "active");
      },
    ),
  );
}

Deno.test(inBrowser("what is not confirmed is not done", async (browser) => {
  const { strategy: { slug } } = await register();
  await using opened = await openConsole(browser, PROJECT);
  const { page, row, dialog } = opened;
  for (const leave of ["Escape", "Cancel"]) {
    await row(slug).getByRole("button", { name: "Pause…" }).click();
    await dialog.waitFor();
    if (leave === "Escape") await page.keyboard.press("Escape");
    else await dialog.getByRole("button", { name: leave }).click();
    await dialog.waitFor({ state: "detached" });
  }
  assert.equal(await statusOf(slug), "active");
}));

Deno.test(
  inBrowser("the whole router is paused and resumed", async (browser) => {
    await using opened = await openConsole(browser, PROJECT);
    const { page, dialog } = opened;
    try {
      await page.getByRole("button", { name: "Pause all…" }).click();
      await dialog.getByLabel("Entries only").check();
      await dialog.getByRole("button", { name: "Pause" }).click();
      // In the header: a strategy of another test may be limited to exits, too.
      await page.locator("header").getByText("▲ exits only").waitFor();
      assert.equal(await mode(), "exits_only");
      await page.getByRole("button", { name: "Resume all…" }).click();
      await dialog.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("button", { name: "Pause all…" }).waitFor();
      assert.equal(await mode(), "active");
    } finally {
      await provision("PUT", "/mode", { mode: "active" });
    }
  }),
);

Deno.test(
  inBrowser("a test reaches the routes that are ticked", async (browser) => {
    await using sink = startSink();
    const { strategy: { slug } } = await register({
      routes: [{ kind: "http", target: sink.url }],
    });
    await using opened = await openConsole(browser, PROJECT);
    const { row, dialog } = opened;
    await row(slug).getByRole("button", { name: "Test…" }).click();
    await dialog.getByLabel("http:127.0.0.1").check();
    await dialog.getByLabel(/^Alert, as JSON/).fill(
      '{"signal":"BUY","symbol":"X"}',
    );
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.getByText(/^http:127\.0\.0\.1: delivered in /).waitFor();
    const { is_test, symbol } = JSON.parse(sink.deliveries[0]!.text);
    assert.deepEqual([is_test, symbol], [true, "X"]);
  }),
);

Deno.test(inBrowser("a signal is sent again", async (browser) => {
  await using sink = startSink();
  const { strategy: { slug }, urls } = await register({
    routes: [{ kind: "http", target: sink.url }],
  });
  await send(urls.dedicated, '{"signal":"BUY","symbol":"AGAIN"}');
  await until(() => sink.deliveries.length === 1, "the signal");
  await using opened = await openConsole(browser, PROJECT);
  const { page, dialog } = opened;
  await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
  await page.getByRole("option").filter({ hasText: "buy AGAIN" }).click();
  await page.getByRole("button", { name: "Replay…" }).click();
  await dialog.getByRole("button", { name: "Replay" }).click();
  await page.getByText("buy AGAIN was sent again").waitFor();
  await until(() => sink.deliveries.length === 2, "the signal again");
}));

Deno.test(inBrowser("an incident is acknowledged", async (browser) => {
  const { strategy: { id } } = await register();
  await using database = openDatabase();
  const { sql } = database;
  await sql`select private.open_incident('position_gap', ${id}, 'console', '{"meaning": "Told by a test"}')`;
  const read = async () => {
    const [row] = await sql`
      select id, status, acknowledged_by from incidents where strategy_id = ${id} and kind = 'position_gap'`;
    return row!;
  };
  await using opened = await openConsole(browser, PROJECT);
  const { page, dialog } = opened;
  const row = page.locator(`tr[data-incident="${(await read())["id"]}"]`);
  await row.getByText("console: Told by a test").waitFor();
  await row.getByRole("button", { name: "Acknowledge…" }).click();
  await dialog.getByRole("button", { name: "Acknowledge" }).click();
  await row.getByText("acknowledged").waitFor();
  const { status, acknowledged_by } = await read();
  assert.deepEqual([status, acknowledged_by], [
    "acknowledged",
    "secret key for console",
  ]);
}));

Deno.test(
  inBrowser("an old secret is ended before its time", async (browser) => {
    const { strategy: { slug }, urls } = await register();
    await provision("POST", `/strategies/${slug}/rotate`, {});
    await using opened = await openConsole(browser, PROJECT);
    const { row, dialog } = opened;
    await row(slug).getByRole("button", { name: "End it…" }).click();
    await dialog.getByRole("button", { name: "End it" }).click();
    await row(slug).getByText("old:").waitFor({ state: "detached" });
    assert.equal((await send(urls.dedicated, "BUY")).status, 401);
  }),
);

Deno.test(
  inBrowser(
    "a registration that is refused says why, and keeps what was typed",
    async (browser) => {
      const { strategy: { name } } = await register();
      await using opened = await openConsole(browser, PROJECT);
      const { page, dialog } = opened;
      opened.expected.push(/409 \(Conflict\)/);
      await page.getByRole("button", { name: "Register…" }).click();
      await dialog.getByLabel("Name").fill(name);
      await dialog.getByLabel("Only TradingView's addresses").check();
      await dialog.getByRole("button", { name: "Register" }).click();
      await dialog.getByText(/differs in: allowed_ips/).waitFor();
      assert.equal(await dialog.getByLabel("Name").inputValue(), name);
    },
  ),
);
