/**
 * A target of deliveries: a real HTTP server on this machine that remembers what it got.
 *
 * @module
 */

import { checkDelivery } from "./contract.ts";

export interface Delivery {
  id: string;
  headers: Headers;
  text: string;
  at: number;
}

export interface Sink extends AsyncDisposable {
  url: string;
  deliveries: Delivery[];
  /** Makes its answer; 200 unless a test sets another. */
  answer: (delivery: Delivery) => Response | Promise<Response>;
}

/** A delivery that does not fit the contract is an error where the sink ends. */
export function startSink(): Sink {
  const faults: unknown[] = [];
  const noteFault = ({ headers, text }: Delivery) => {
    try {
      checkDelivery(headers, text);
    } catch (fault) {
      faults.push(fault);
    }
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const delivery = {
        id: request.headers.get("webhook-id") ?? "",
        headers: request.headers,
        text: await request.text(),
        at: performance.now(),
      };
      sink.deliveries.push(delivery);
      if (delivery.id) noteFault(delivery);
      return await sink.answer(delivery);
    },
  );
  const sink: Sink = {
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    deliveries: [],
    answer: () => new Response("ok"),
    [Symbol.asyncDispose]: async () => {
      await server.shutdown();
      if (faults.length) throw faults[0];
    },
  };
  return sink;
}
