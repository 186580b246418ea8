/**
 * The ledger of a simulation: each send, each answer and each signal that was handed out, one line of JSON each. A line
 * is with the operating system before the next step is taken, so the ledger of a run that was killed is complete, but
 * for a last line that is cut off.
 *
 * @module
 */
import { Failure } from "../../cli/failure.ts";
import {
  type Entry,
  type Ledger,
  ledgerTime,
  type Line,
  lineSchema,
  type Run,
  type Send,
} from "./lines.ts";

export interface LedgerWriter extends Disposable {
  path: string;
  append(entry: Entry): void;
  /** Returns the number of the next send. */
  nextSend(): number;
}

/** Starts a ledger; an existing file is never written to. */
export function openLedger(
  path: string,
  run: Omit<Run, "kind" | "at">,
): LedgerWriter {
  const file = create(path);
  let sends = 0;
  const append = (entry: Entry) => {
    const bytes = new TextEncoder().encode(
      JSON.stringify({ at: ledgerTime(), ...entry }) + "\n",
    );
    for (let done = 0; done < bytes.length;) {
      done += file.writeSync(bytes.subarray(done));
    }
  };
  append({ kind: "run", ...run });
  return {
    path,
    append,
    nextSend: () => ++sends,
    [Symbol.dispose]: () => file.close(),
  };
}

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { createNew: true, append: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new Failure(`Cannot write ${path}: it exists; name another file`);
  }
}

/** Reads a ledger, also that of a run that was killed. */
export async function readLedger(path: string): Promise<Ledger> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  lines.pop(); // empty, or cut off when the run was killed
  const [first, ...others] = lines.map((text, index) =>
    parseLine(text, `${path}:${index + 1}`)
  );
  if (first?.kind !== "run") throw new Failure(`${path} is no ledger`);
  const ledger: Ledger = {
    run: first,
    strategies: [],
    sends: [],
    fired: [],
    stopped: [],
  };
  const sends = new Map<number, Send>();
  for (const line of others) addLine(ledger, sends, line);
  return ledger;
}

function parseLine(text: string, place: string): Line {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    throw new Failure(`Cannot read ${place}: it is no line of a ledger`);
  }
}

function addLine(ledger: Ledger, sends: Map<number, Send>, line: Line): void {
  switch (line.kind) {
    case "strategy":
      ledger.strategies.push(line);
      break;
    case "send":
      sends.set(line.n, line);
      ledger.sends.push(line);
      break;
    case "answer":
    case "silence": {
      const send = sends.get(line.n);
      if (!send) break;
      send.endedAt = line.at;
      if (line.kind === "answer") send.answer = line;
      break;
    }
    case "fired":
      ledger.fired.push(line);
      break;
    case "stopped":
      ledger.stopped.push(line.alert);
  }
}
