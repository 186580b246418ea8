/** Secrets that the page never has, and those that it has only when somebody asks. */
import assert from "node:assert/strict";
import { API_URL, register, SECRET_KEY, send } from "../support/project.ts";
import { inBrowser, openConsole } from "./browser.ts";

const PROJECT = { url: API_URL, secretKey: SECRET_KEY };

Deno.test(
  inBrowser(
    "URLs with tokens come on a click, and the secret key never",
    async (browser) => {
      const { strategy: { slug, name }, urls, token, secret } =
        await register();
      await send(urls.dedicated, '{"signal":"BUY","symbol":"X"}');
      await using opened = await openConsole(browser, PROJECT);
      const { page, row, dialog, url } = opened;
      const answers: Promise<string>[] = [];
      page.on("response", (response) => {
        answers.push(response.text().catch(() => ""));
      });
      const own = new URL(url).searchParams.get("token")!;
      await page.reload();
      await row(slug).waitFor();
      await page.getByRole("option").filter({ hasText: slug }).click();
      await page.getByText("Canonical signal").waitFor();
      await page.getByRole("button", { name: "Explain each step" }).click();
      await page.getByText("It would be answered").waitFor();
      await page.keyboard.press("Escape");
      const before = (await Promise.all(answers)).join();
      assert.match(before, new RegExp(slug));
      for (const hidden of [token, secret, SECRET_KEY, own]) {
        assert.ok(!before.includes(hidden));
      }
      assert.equal(new URL(page.url()).search, "");

      await row(slug).getByRole("button", { name: "Kit…" }).click();
      await dialog.getByRole("button", { name: "Reveal" }).click();
      await dialog.getByText(`Kit of ${name}`).waitFor();
      await dialog.getByText(urls.dedicated, { exact: true }).waitFor();
      const all = (await Promise.all(answers)).join() + await page.content();
      assert.ok(!all.includes(SECRET_KEY));
      await dialog.getByRole("button", { name: "Done" }).click();
      assert.ok(!(await page.content()).includes(token));
    },
  ),
);

Deno.test(
  inBrowser(
    "without the printed URL the page shows nothing, and says what to open",
    async (browser) => {
      await using opened = await openConsole(browser, PROJECT);
      const stranger = await browser.newPage();
      await stranger.goto(new URL("/", opened.url).href);
      await stranger.getByText("Open the URL that `deno task console` printed")
        .waitFor();
      assert.equal(await stranger.locator("table").count(), 0);
      await stranger.close();
    },
  ),
);
