/**
 * The kit: all that an operator pastes somewhere to connect a strategy.
 *
 * @module
 */

/** A strategy with all that its kit is made of, as `read_kit` returns it. */
export interface KitParts {
  /** Public base URL of the functions; null until it is known to the database. */
  functions_url: string | null;
  strategy: ShownStrategy;
  secret: string;
  token: string;
  universal_token: string;
  /** By route: its deliveries' signing secret. Queues have none. */
  route_secrets: Record<string, string>;
}

/** A strategy as the database shows it, without secrets. */
export interface ShownStrategy {
  [column: string]: unknown;
  name: string;
  slug: string;
  /** The endpoints that take its alerts now. */
  endpoints: ("dedicated" | "universal")[];
  monitoring: Record<string, unknown>;
  routes: { id: string; kind: string; target: string; enabled: boolean }[];
}

export interface Kit {
  strategy: Omit<ShownStrategy, "routes" | "monitoring">;
  urls: { dedicated: string; universal: string };
  secret: string;
  token: string;
  universal: { token: string };
  routes: (ShownStrategy["routes"][number] & { secret?: string })[];
  /** From when on something is an incident. */
  monitoring: Record<string, unknown>;
  tradingview: { webhook_url: string; message: string };
  examples: { curl: string; "standard_webhooks": string };
}

/**
 * TradingView's placeholders for strategy alerts: tradingview.com/support 43000531021.
 * Numbers are quoted: an unresolved or `NaN` value must not break the JSON.
 */
export function tradingViewMessage(strategy: string): string {
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

/** Returns the kit with the public base URL in force; `publicUrl` until the database knows one. */
export function publicKit(parts: KitParts, publicUrl: string): Kit {
  return kitOf(parts, parts.functions_url ?? publicUrl);
}

export function kitOf(parts: KitParts, functionsUrl: string): Kit {
  const { routes, monitoring, ...strategy } = parts.strategy;
  const webhook = `${functionsUrl}/webhook`;
  const dedicated = `${webhook}/${strategy.slug}?token=${parts.token}`;
  const universal = `${webhook}?token=${parts.universal_token}`;
  const isDedicated = strategy.endpoints.includes("dedicated");
  const open = isDedicated ? dedicated : universal;
  return {
    strategy: strategy as Kit["strategy"],
    urls: { dedicated, universal },
    secret: parts.secret,
    token: parts.token,
    universal: { token: parts.universal_token },
    routes: routes.map((route) => {
      const secret = parts.route_secrets[route.id];
      return { ...route, ...(secret !== undefined && { secret }) };
    }),
    monitoring,
    tradingview: {
      webhook_url: open,
      message: tradingViewMessage(strategy.slug as string),
    },
    examples: {
      curl: curlExample(open, isDedicated ? undefined : strategy.slug),
      standard_webhooks: signExample(
        isDedicated ? `${webhook}/${strategy.slug}` : webhook,
        strategy.slug,
        parts.secret,
      ),
    },
  };
}

/** The universal endpoint needs the strategy's name in the alert. */
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
