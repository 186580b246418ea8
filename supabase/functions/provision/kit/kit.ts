/**
 * Makes a strategy's kit: everything that an operator pastes somewhere to connect it.
 *
 * @module
 */
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Kit, Strategy } from "../../_shared/provision_api/strategy.ts";
import { shellCurl, windowsCurl } from "./curl.ts";
import { warningsAbout } from "./public_url.ts";

/** A strategy along with its secrets, as `read_kit` in SQL returns it. */
export interface KitParts {
  /** The functions' public base URL; null until the database has it. */
  functions_url: string | null;
  strategy: Strategy;
  /** As its token, null if Vault cannot read it. */
  secret: string | null;
  token: string | null;
  universal_token: string | null;
  /** For TradingView's alerts on a strategy, and on an indicator. */
  message: string;
  indicator_message: string;
  /** Signing secrets of deliveries, by route. Queues have none. */
  route_secrets: Record<string, string>;
}

/** Reads the parts of a strategy's kit by name, slug or alias; throws `not_found`. */
export async function readKit(
  database: DatabaseClient,
  name: string,
): Promise<KitParts> {
  const parts = await database.call("read_kit", { name });
  if (!parts) throw noStrategyCalled(name);
  return parts as unknown as KitParts;
}

/** Returns the refusal of what needs a secret that Vault cannot read. */
export function unreadableSecret(owner: string, rotate: string): Refusal {
  return new Refusal("unreadable_secret", {
    detail:
      `Vault cannot read the secret of ${owner}: restore Vault's root key, ` +
      `or make a new secret with POST /provision/${rotate}/rotate (URLs change)`,
  });
}

export function noStrategyCalled(name: string): Refusal {
  return new Refusal("not_found", {
    detail: `No strategy is called "${name.slice(0, 100)}"`,
  });
}

export function unreadableUniversal(): Refusal {
  return unreadableSecret("the universal endpoint", "universal");
}

/** Returns the kit with the public URLs; `publicUrl` is used until the database has one. */
export function publicKit(parts: KitParts, publicUrl: string): Kit {
  return kitAt(parts.functions_url ?? publicUrl, parts);
}

/** Returns the kit with the functions at this base URL; throws `unreadable_secret`. */
export function kitAt(functionsUrl: string, parts: KitParts): Kit {
  const { routes, monitoring, ...strategy } = parts.strategy;
  const { slug } = strategy;
  const { secret, token, universal_token, message, indicator_message } = parts;
  const isDedicated = strategy.endpoints.includes("dedicated");
  if (secret === null || token === null) {
    throw unreadableSecret(`strategy "${slug}"`, `strategies/${slug}`);
  }
  if (universal_token === null && !isDedicated) throw unreadableUniversal();
  const webhook = `${functionsUrl}/webhook`;
  const dedicated = `${webhook}/${slug}?token=${token}`;
  const universal = universal_token === null
    ? webhook
    : `${webhook}?token=${universal_token}`;
  const open = isDedicated ? dedicated : universal;
  const named = isDedicated ? undefined : slug;
  const warnings = warningsAbout(open);
  return {
    strategy: strategy as Kit["strategy"],
    urls: { dedicated, universal },
    secret,
    token,
    universal: { token: universal_token ?? "" },
    routes: routes.map((route) => {
      const secret = parts.route_secrets[route.id];
      return { ...route, ...(secret !== undefined && { secret }) };
    }),
    monitoring,
    tradingview: { webhook_url: open, message, indicator_message },
    examples: {
      curl: shellCurl(open, named),
      curl_windows: windowsCurl(open, named),
      standard_webhooks: signExample(
        isDedicated ? `${webhook}/${slug}` : webhook,
        slug,
        secret,
      ),
    },
    ...warnings.length && { warnings },
  };
}

function signExample(url: string, strategy: string, secret: string): string {
  return `import { Webhook } from "npm:standardwebhooks@1.1.1";

const id = crypto.randomUUID();
const at = new Date();
const body = JSON.stringify({ strategy: "${strategy}", signal: "BUY", symbol: "XAUUSD" });
const signature = new Webhook("${secret}").sign(id, at, body);
await fetch("${url}", {
  method: "POST",
  headers: {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": signature,
  },
  body,
});`;
}
