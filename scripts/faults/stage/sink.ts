/** The good target: takes every delivery, and writes down when it came. */
import { z } from "zod";
import type { LedgerWriter } from "../../simulate/ledger/ledger.ts";
import { ledgerTime } from "../../simulate/ledger/lines.ts";

export interface Sink extends AsyncDisposable {
  /** Returns the target of a strategy, whose deliveries stand in this ledger. */
  targetOf(strategy: string, ledger: LedgerWriter): string;
  /** The ids under which a signal came to a target. */
  idsOf(target: string, signalId: string): ReadonlySet<string>;
}

const deliverySchema = z.looseObject({ signal_id: z.string() });

export function startSink(): Sink {
  const owners = new Map<string, { strategy: string; ledger: LedgerWriter }>();
  const seen = new Map<string, Set<string>>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const at = ledgerTime();
      const { signal_id } = deliverySchema.parse(await request.json());
      const { strategy, ledger } = owners.get(request.url)!;
      const route = "http:sink";
      ledger.append({ kind: "fired", at, strategy, route, signal_id });
      const key = `${request.url} ${signal_id}`;
      const ids = seen.get(key) ?? new Set();
      seen.set(key, ids.add(request.headers.get("webhook-id") ?? ""));
      return new Response("ok");
    },
  );
  const { port } = server.addr;
  return {
    targetOf: (strategy, ledger) => {
      const target = `http://127.0.0.1:${port}/${owners.size}`;
      owners.set(target, { strategy, ledger });
      return target;
    },
    idsOf: (target, signalId) =>
      seen.get(`${target} ${signalId}`) ?? new Set<string>(),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
