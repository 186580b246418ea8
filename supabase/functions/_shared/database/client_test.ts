import assert from "node:assert/strict";
import { connectDatabase, DatabaseError } from "./client.ts";

const ANSWER = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\ntrue",
);

/** Answers the first call of a connection that is kept, and breaks it at the second. */
async function serveOnce(connection: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let calls = 0;
  let text = "";
  while (calls < 2) {
    const length = await connection.read(buffer);
    if (length === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, length));
    if (!text.endsWith("}") && !text.endsWith("0\r\n\r\n")) continue;
    text = "";
    if (++calls === 1) await connection.write(ANSWER);
  }
  connection.close();
  return calls;
}

Deno.test("a call whose connection breaks fails, and is not made a second time", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const database = connectDatabase({
    supabaseUrl: `http://127.0.0.1:${port}`,
    secretKey: "sb_secret_x",
  });
  const served: Promise<number>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) served.push(serveOnce(connection));
  })().catch(() => {}); // closed at the end of the test
  const call = () => database.call("read_catalog", { names: ["x"] }, 2000);
  await call();
  await assert.rejects(call, DatabaseError);
  listener.close();
  await accepting;
  assert.deepEqual(await Promise.all(served), [2]);
});
