/**
 * The console in Debian's Chromium, driven by playwright-core. A page that says an error, or asks another host, fails
 * the test that opened it.
 *
 * @module
 */
import { join } from "node:path";
import {
  type Browser,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import type { Project } from "../../scripts/cli/project.ts";
import { startConsole } from "../../scripts/console/console.ts";

export type { Locator, Page };

const EXECUTABLE = "/usr/bin/chromium";
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

/** The folder of pictures, for a person to look at. */
export const SHOTS: string = join(PROJECT_DIR, ".local/console");

function isThere(): boolean {
  try {
    return Deno.statSync(EXECUTABLE).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns a test in a browser; where there is none it is skipped, and its name says why. */
export function inBrowser(
  name: string,
  fn: (browser: Browser) => Promise<void>,
): Deno.TestDefinition {
  const isHere = isThere();
  return {
    name: isHere ? name : `${name} (skipped: there is no ${EXECUTABLE})`,
    ignore: !isHere,
    fn: async () => {
      const browser = await chromium.launch({
        executablePath: EXECUTABLE,
        args: FLAGS.split(" "),
      });
      try {
        await fn(browser);
      } finally {
        await browser.close();
      }
    },
    // The browser's pipes end after its process.
    sanitizeOps: false,
    sanitizeResources: false,
  };
}

export interface View {
  width?: number;
  height?: number;
  scheme?: "light" | "dark";
}

export interface Opened extends AsyncDisposable {
  page: Page;
  /** The URL that the console printed. */
  url: string;
  /** The row of a strategy in the table. */
  row: (slug: string) => Locator;
  /** The dialog that is open. */
  dialog: Locator;
  /** Errors that the test expects. */
  expected: RegExp[];
}

/** Starts the console of a project, and opens it as its operator does. */
export async function openConsole(
  browser: Browser,
  project: Project,
  { width = 1280, height = 900, scheme = "light" }: View = {},
): Promise<Opened> {
  await using stack = new AsyncDisposableStack();
  const running = stack.use(await startConsole(project));
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    timezoneId: "UTC",
  });
  stack.defer(() => context.close());
  const { origin } = new URL(running.url);
  await context.grantPermissions(["clipboard-read", "clipboard-write"], {
    origin,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      errors.push(message.text());
    }
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) {
      errors.push(`Asked ${request.url()}`);
    }
  });
  await page.goto(running.url);
  const kept = stack.move();
  const opened: Opened = {
    page,
    url: running.url,
    row: (slug) => page.locator(`tr[data-strategy="${slug}"]`),
    dialog: page.locator("dialog"),
    expected: [],
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
      const faults = errors.filter((error) =>
        !opened.expected.some((pattern) => pattern.test(error))
      );
      if (faults.length) throw new Error(`The page said: ${faults.join("; ")}`);
    },
  };
  return opened;
}

/** Keeps a picture of the page. */
export async function shoot(
  page: Page,
  name: string,
  fullPage = false,
): Promise<void> {
  await Deno.mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
}

/** Returns what a button has copied. */
export async function copied(page: Page, label: string): Promise<string> {
  await page.getByRole("button", { name: `Copy: ${label}`, exact: true })
    .click();
  await page.getByText("Copied").waitFor();
  return await page.evaluate(() =>
    (globalThis as unknown as {
      navigator: { clipboard: { readText(): Promise<string> } };
    }).navigator.clipboard.readText()
  );
}
