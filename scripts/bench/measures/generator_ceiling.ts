/** Measures the load generator against a server that does nothing: far more than any contender, or it would be measured itself. */
import { alertBody } from "../contenders/contender.ts";
import type { Bench } from "../runs/run.ts";
import { USUAL_CONNECTIONS } from "./throughput.ts";

const BODY = '{"status":"accepted"}';
const ANSWER = new TextEncoder().encode(
  `HTTP/1.1 202 Accepted\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
);

/** Returns requests a second. The server runs in this process, which is idle meanwhile. */
export async function measureGenerator(
  { generator, plan, report }: Bench,
): Promise<number> {
  report("The load generator against a server that does nothing");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = serve(listener);
  const { port } = listener.addr as Deno.NetAddr;
  const { window, seconds } = await generator.run({
    address: { hostname: "127.0.0.1", port },
    requests: [{ path: "/webhook/nothing?token=nothing", body: alertBody(0) }],
    connections: USUAL_CONNECTIONS,
    warmMs: plan.warmMs,
    windowMs: plan.windowMs,
  });
  listener.close();
  await serving;
  return (window["202 accepted"] ?? 0) / seconds;
}

async function serve(listener: Deno.Listener): Promise<void> {
  const connections: Promise<void>[] = [];
  try {
    for await (const connection of listener) {
      connections.push(answerAll(connection));
    }
  } finally {
    await Promise.all(connections);
  }
}

/** Answers each packet: the generator sends one request in each, and waits for the answer. */
async function answerAll(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  using _ = connection;
  while (await connection.read(buffer) !== null) await connection.write(ANSWER);
}
