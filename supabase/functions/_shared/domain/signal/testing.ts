/** Reads the signals of alerts, for the tests of this folder. */
import { parseAlert } from "../alert/alert.ts";
import { openBody } from "../alert/body.ts";
import { encode } from "../testing.ts";
import { readSignal, type Signal } from "./signal.ts";

/** Reads the signal of a body at the dedicated endpoint. */
export function read(body: string): Signal {
  return readSignal(parseAlert(openBody(encode(body)), "dedicated"));
}

/** The signal that a test expects. */
export type Columns = Partial<Signal>;
