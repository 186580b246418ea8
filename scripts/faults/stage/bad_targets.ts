/** Targets that misbehave in every way. */
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { findFreePort } from "../../local/host/ports.ts";

export interface BadTargets extends AsyncDisposable {
  urls: string[];
  /** How often each was called; the redirect's goal must not be. */
  calls: Map<string, number>;
}

type Behave = (response: ServerResponse, request: IncomingMessage) => void;

const DRIP_MS = 300;
/** Where the redirect leads to. */
const TRAP = "trap";

const BEHAVIOURS: Record<string, Behave> = {
  drip: (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("."), DRIP_MS);
    response.once("close", () => clearInterval(timer));
  },
  hang: () => {},
  reset: (_, { socket }) => socket.resetAndDestroy(),
  junk: (_, { socket }) => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
  "500": (response) => response.writeHead(500).end("no"),
  "307": (response) => response.writeHead(307, { location: `/${TRAP}` }).end(),
  "410": (response) => response.writeHead(410).end("gone"),
  [TRAP]: (response) => response.writeHead(200).end("ok"),
};

/** Starts them all; `refused` is a port on which nobody listens. */
export async function startBadTargets(): Promise<BadTargets> {
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    const kind = request.url!.slice(1);
    calls.set(kind, (calls.get(kind) ?? 0) + 1);
    request.resume();
    BEHAVIOURS[kind]!(response, request);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const kinds = Object.keys(BEHAVIOURS).filter((kind) => kind !== TRAP);
  return {
    calls,
    urls: [
      ...kinds.map((kind) => `http://127.0.0.1:${port}/${kind}`),
      `http://127.0.0.1:${findFreePort()}/refused`,
    ],
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** Returns whether the redirect was followed. */
export function wasFollowed({ calls }: BadTargets): boolean {
  return calls.has(TRAP);
}
