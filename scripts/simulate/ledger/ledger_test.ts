/** A ledger says afterwards what happened, also if the run was killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { openLedger, readLedger } from "./ledger.ts";

const RUN = { project: "http://127.0.0.1:54321", seed: 7 };
const SEND = {
  kind: "send",
  alert: "Chart 1",
  strategy: "s",
  digest: "d",
  attempt: 1,
  is_dead: false,
} as const;

async function temporaryFile() {
  const dir = await Deno.makeTempDir();
  return {
    path: join(dir, "ledger.jsonl"),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Writes a send that is answered and one that is not. */
function write(path: string): void {
  using ledger = openLedger(path, RUN);
  const n = ledger.nextSend();
  ledger.append({ ...SEND, n });
  ledger.append({ kind: "answer", n, status: 202, outcome: "accepted" });
  ledger.append({ ...SEND, n: ledger.nextSend() });
}

Deno.test("a ledger joins each send with its answer", async () => {
  await using file = await temporaryFile();
  write(file.path);
  const { run, sends } = await readLedger(file.path);
  assert.equal(run.seed, 7);
  assert.deepEqual(sends.map(({ n, answer }) => [n, answer?.outcome]), [
    [1, "accepted"],
    [2, undefined],
  ]);
});

Deno.test("a line is on disk before the ledger is closed", async () => {
  await using file = await temporaryFile();
  using ledger = openLedger(file.path, RUN);
  ledger.append({ ...SEND, n: 1 });
  assert.equal((await readLedger(file.path)).sends.length, 1);
});

Deno.test("a last line that was cut off is left out", async () => {
  await using file = await temporaryFile();
  write(file.path);
  const text = await Deno.readTextFile(file.path);
  await Deno.writeTextFile(file.path, text.slice(0, -10));
  assert.equal((await readLedger(file.path)).sends.length, 1);
});

Deno.test("a broken line in the middle is named", async () => {
  await using file = await temporaryFile();
  write(file.path);
  const text = await Deno.readTextFile(file.path);
  await Deno.writeTextFile(file.path, text.replace('"send"', '"sent"'));
  await assert.rejects(
    readLedger(file.path),
    (error) => error instanceof Failure && /jsonl:2:/.test(error.message),
  );
});

Deno.test("a ledger is never written over", async () => {
  await using file = await temporaryFile();
  write(file.path);
  assert.throws(() => openLedger(file.path, RUN), Failure);
});
