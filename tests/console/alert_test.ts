/** One alert in the console: what became of it, and why. */
import { API_URL, register, SECRET_KEY, send } from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { inBrowser, openConsole, type Page } from "./browser.ts";

const PROJECT = { url: API_URL, secretKey: SECRET_KEY };

/** Opens the newest alert of a strategy that has a text. */
async function openAlert(page: Page, slug: string, text: string) {
  await page.getByLabel("Strategy", { exact: true }).selectOption(slug);
  await page.getByRole("option").filter({ hasText: text }).first().click();
  return page.getByRole("complementary", { name: "Alert" });
}

Deno.test(
  inBrowser(
    "an alert shows its repair, its repetition and each attempt to deliver it",
    async (browser) => {
      await using sink = startSink();
      sink.answer = () => new Response("broken", { status: 500 });
      const { strategy: { slug }, urls } = await register({
        routes: [{ kind: "http", target: sink.url }],
      });
      const body = '{"action":"buy","symbol":"REPAIRED","quantity":"1.50",}';
      await send(urls.dedicated, body);
      await send(urls.dedicated, body);
      await using opened = await openConsole(browser, PROJECT);
      const panel = await openAlert(opened.page, slug, "repaired");
      await panel.getByText("it was read after a repair").waitFor();
      await panel.getByText("Came again: duplicate").waitFor();
      await panel.getByText("http:127.0.0.1: attempt 1 failed").waitFor();
      await panel.getByText(/^Target answered 500/).waitFor();
      await panel.getByText("http:127.0.0.1: waits").waitFor();
      await panel.getByText("REPAIRED", { exact: true }).waitFor();
    },
  ),
);

Deno.test(
  inBrowser(
    "an alert that was not let in shows the reason, which its sender is not told",
    async (browser) => {
      const { strategy: { slug }, urls } = await register();
      await send(`${urls.dedicated}x`, "BUY");
      await using opened = await openConsole(browser, PROJECT);
      const panel = await openAlert(opened.page, slug, "not let in");
      await panel.getByText("Not let in: wrong credential").waitFor();
    },
  ),
);
