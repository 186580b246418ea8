/** Makes sure that there is a strategy to try the stack with, and tells how. */
import { Failure } from "../cli/failure.ts";

const DEMO_STRATEGY = "DynamicGoldBreakout";

/** What of a strategy's kit is shown. */
export interface Kit {
  urls: { dedicated: string; universal: string };
  /** `curl` is a request to paste into a terminal. */
  examples: { curl: string };
}

/** The kit of the catalog's first strategy; an empty catalog gets the demo's. */
export async function prepareDemo(
  apiUrl: string,
  secretKey: string,
): Promise<Kit> {
  const ask = (path: string, init: RequestInit = {}) =>
    askProvision(`${apiUrl}/functions/v1/provision/${path}`, secretKey, init);
  const { strategies } = await ask("strategies") as {
    strategies: { slug: string }[];
  };
  const [first] = strategies;
  const kit = first
    ? await ask(`strategies/${first.slug}?reveal=true`)
    : await ask("strategies", {
      method: "POST",
      body: JSON.stringify({ name: DEMO_STRATEGY }),
    });
  return kit as Kit;
}

async function askProvision(
  url: string,
  secretKey: string,
  init: RequestInit,
): Promise<unknown> {
  const response = await fetch(url, {
    ...init,
    headers: { apikey: secretKey, "content-type": "application/json" },
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw new Failure(
    `Cannot prepare a strategy: provision answered ${response.status}: ` +
      text.slice(0, 300),
  );
}
