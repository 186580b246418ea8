/** The network between a function and its database's API: passes calls on, late, not at all, or with a broken connection. */
import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface ApiProxy extends AsyncDisposable {
  url: string;
  /** Decides on each call by the function's name: when it settles the call is passed on. */
  before(name: string): Promise<void> | void;
  /** Breaks the connection instead of passing the answer back. */
  breaks(name: string): boolean;
  /** Changes an answer's text. */
  change(name: string, text: string): string;
}

/** Starts a proxy in front of an API; it changes nothing at first. */
export async function startApiProxy(apiUrl: string): Promise<ApiProxy> {
  const server = createServer((request, response) => {
    // The function, or the API, may be gone by now.
    passOn(request, response).catch(() => request.socket.destroy());
  });
  const passOn = async (request: IncomingMessage, response: ServerResponse) => {
    const name = request.url!.split("/").at(-1)!;
    const body = Buffer.concat(await Array.fromAsync(request));
    await proxy.before(name);
    const answer = await fetch(`${apiUrl}${request.url}`, {
      redirect: "manual",
      method: request.method!,
      headers: headersOf(request),
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    if (proxy.breaks(name)) return void request.socket.resetAndDestroy();
    const type = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": type });
    response.end(proxy.change(name, text));
  };
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const proxy: ApiProxy = {
    url: `http://127.0.0.1:${port}`,
    before: () => {},
    breaks: () => false,
    change: (_, text) => text,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return proxy;
}

/** Returns the headers of a call but those that are the connection's own. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const ours = ["host", "connection", "content-length", "transfer-encoding"];
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !ours.includes(name))
      .map(([name, value]) => [name, String(value)]),
  );
}
