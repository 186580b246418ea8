/**
 * Makes a strategy's kit: everything that an operator pastes somewhere to connect it.
 *
 * @module
 */
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import type { Kit, Strategy } from "../../_shared/provision_api/strategy.ts";

/** A strategy along with its secrets, as `read_kit` in SQL returns it. */
export interface KitParts {
  /** The functions' public base URL; null until the database has it. */
  functions_url: string | null;
  strategy: Strategy;
  /** As its token, null if Vault cannot decrypt it. */
  secret: string | null;
  token: string | null;
  universal_token: string | null;
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

/** Returns the refusal of what needs a secret that Vault cannot decrypt. */
export function unreadableSecret(owner: string, rotate: string): Refusal {
  return new Refusal("unreadable_secret", {
    detail:
      `Vault cannot decrypt the secret of ${owner}: restore Vault's root key, ` +
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
  const { secret, token, universal_token } = parts;
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
    tradingview: { webhook_url: open, message: tradingViewMessage(slug) },
    examples: {
      curl: curlExample(open, isDedicated ? undefined : slug),
      standard_webhooks: signExample(
        isDedicated ? `${webhook}/${slug}` : webhook,
        slug,
        secret,
      ),
    },
  };
}

/**
 * Returns a message of TradingView's placeholders for strategy alerts (tradingview.com/support 43000531021).
 * Numbers are quoted: an unresolved or `NaN` value must not break the JSON.
 */
function tradingViewMessage(strategy: string): string {
  return JSON.stringify(
    {
      strategy,
      action: "{{strategy.order.action}}",
      symbol: "{{exchange}}:{{ticker}}",
      quantity: "{{strategy.order.contracts}}",
      price: "{{strategy.order.price}}",
      market_position: "{{strategy.market_position}}",
      market_position_size: "{{strategy.market_position_size}}",
      prev_market_position: "{{strategy.prev_market_position}}",
      prev_market_position_size: "{{strategy.prev_market_position_size}}",
      order_id: "{{strategy.order.id}}",
      interval: "{{interval}}",
      time: "{{time}}",
      timenow: "{{timenow}}",
    },
    null,
    2,
  );
}

/** Returns a request to paste into a terminal; on the universal endpoint the alert has to name its strategy. */
function curlExample(url: string, strategy: string | undefined): string {
  const named = strategy === undefined ? "" : `"strategy": "${strategy}", `;
  const alert =
    `{${named}"signal": "BUY", "symbol": "XAUUSD", "confidence": 0.82}`;
  return `curl -X POST '${url}' -H 'content-type: application/json' -d '${alert}'`;
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
