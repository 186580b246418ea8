/** Captures what the webhook function passes to `ingest`, so that a driver can pass the same. */
import { Failure } from "../../cli/failure.ts";
import type { Generator } from "../load/generator.ts";
import type { BenchStack, Ours } from "./bench_stack.ts";
import { alertBody, STRATEGIES } from "./contender.ts";

const CONNECTIONS = 8;
const WITHIN_MS = 60_000;

/**
 * Returns `count` alerts as `ingest` takes them, each as JSON. None is stored: a proxy in front of
 * the API answers for `ingest`, that it failed.
 */
export async function captureAlerts(
  stack: BenchStack,
  { direct }: Ours,
  generator: Generator,
  count: number,
): Promise<string[]> {
  const captured = new Set<string>();
  await using proxy = startProxy(stack.address.apiUrl, (alerts) => {
    for (const alert of alerts) captured.add(JSON.stringify(alert));
  });
  const webhook = await stack.startIsolate("webhook", {
    "SUPABASE_URL": proxy.url,
  });
  try {
    const { hostname, port } = new URL(webhook.url);
    await generator.run({
      address: { hostname, port: Number(port) },
      requests: Array.from({ length: STRATEGIES }, (_, strategy) => ({
        path: direct.path(strategy),
        headers: direct.headers,
        body: alertBody(strategy),
      })),
      connections: CONNECTIONS,
      warmMs: 0,
      windowMs: WITHIN_MS,
      count,
    });
  } finally {
    await webhook.close();
  }
  if (captured.size >= count) return [...captured].slice(0, count);
  throw new Failure(
    `Cannot time the ceiling: captured ${captured.size} alerts of ${count}`,
  );
}

function startProxy(
  apiUrl: string,
  onIngest: (alerts: unknown[]) => void,
): { url: string } & AsyncDisposable {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      if (pathname.endsWith("/rpc/ingest")) {
        onIngest(JSON.parse(body).alerts);
        return Response.json({ code: "XX000", message: "captured" }, {
          status: 500,
        });
      }
      return await fetch(`${apiUrl}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        body,
      });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
