/** The console to look at: its pictures, in every width and theme, and what can be measured of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { startTemporaryStack } from "../../scripts/local/temporary.ts";
import {
  inBrowser,
  openConsole,
  type Page,
  shoot,
  SHOTS,
  type View,
} from "./browser.ts";
import { lowContrasts } from "./contrast.ts";
import { makeBusyDay } from "./demo.ts";

const PICTURE = join(PROJECT_DIR, "docs/console.png");
const MAX_PICTURE_BYTES = 300_000;

const VIEWS: Required<View>[] = [1280, 390].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({
    width,
    height: width > 400 ? 1180 : 844,
    scheme,
  }))
);

/** Waits until everything has been read and drawn. */
async function untilDrawn(page: Page): Promise<void> {
  await page.getByText("Requests a minute").waitFor();
  await page.locator(".alert").first().waitFor();
  await page.evaluate("document.fonts.ready");
}

function firstPaint(page: Page): Promise<number> {
  return page.evaluate(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  );
}

Deno.test(
  inBrowser(
    "the console is readable in every width and theme, empty, busy and cut off",
    async (browser) => {
      await using cleanup = new AsyncDisposableStack();
      const stack = await startTemporaryStack();
      cleanup.defer(() => stack.close());
      const project = { url: stack.apiUrl, secretKey: stack.secretKey };
      const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => {} });
      cleanup.defer(() => sql.end());

      {
        await using opened = await openConsole(browser, project);
        const { page } = opened;
        await page.getByText("No strategy is registered yet").waitFor();
        await page.getByText("No alert has come yet").waitFor();
        await shoot(page, "empty");
      }

      await makeBusyDay(sql, project);

      const paints: number[] = [];
      for (const view of VIEWS) {
        await using opened = await openConsole(browser, project, view);
        const { page, dialog, row } = opened;
        const name = `${view.width}-${view.scheme}`;
        await untilDrawn(page);
        paints.push(await firstPaint(page));
        await shoot(page, name, true);
        if (name === "1280-light") await shoot(page, "picture");
        const low = await lowContrasts(page);
        assert.deepEqual(low, [], `${name}: contrast`);
        assert.ok(
          await page.evaluate<boolean>(
            "document.documentElement.scrollWidth <= innerWidth",
          ),
          `${name}: the page is wider than its window`,
        );

        await page.getByLabel("Outcome").selectOption("invalid");
        await page.locator(".alert").filter({ hasText: "invalid" }).first()
          .click();
        await page.getByRole("button", { name: "Explain each step" }).click();
        await page.getByText("It would be").waitFor();
        await shoot(page, `${name}-alert`);
        assert.deepEqual(await lowContrasts(page), [], `${name}: an alert`);
        await page.keyboard.press("Escape");

        await row("gold-breakout").getByRole("button", { name: "Pause…" })
          .click();
        await shoot(page, `${name}-dialog`);
        assert.deepEqual(await lowContrasts(page), [], `${name}: a dialog`);
        await dialog.getByRole("button", { name: "Cancel" }).click();
      }
      assert.ok(Math.min(...paints) <= 1000, `First paints after ${paints} ms`);
      if (Deno.env.get("UPDATE_EXAMPLES")) {
        await Deno.copyFile(join(SHOTS, "picture.png"), PICTURE);
      }

      await using opened = await openConsole(browser, project);
      const { page } = opened;
      await untilDrawn(page);
      opened.expected.push(/502 \(Bad Gateway\)/);
      await stack.close();
      await page.getByRole("alert").getByText(/^Cannot reach 127\.0\.0\.1:/)
        .waitFor();
      await page.getByText("■ not reached").waitFor();
      assert.ok(await page.locator("tr[data-strategy]").count() > 0);
      await shoot(page, "cut-off");
    },
  ),
);

Deno.test("the picture in the documents is a small PNG, as wide as a page", () => {
  const bytes = Deno.readFileSync(PICTURE);
  assert.ok(bytes.length < MAX_PICTURE_BYTES, `${bytes.length} bytes`);
  assert.equal(new TextDecoder().decode(bytes.slice(1, 4)), "PNG");
  assert.equal(new DataView(bytes.buffer).getUint32(16), 1280);
});
