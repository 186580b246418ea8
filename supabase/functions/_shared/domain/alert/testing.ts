/** Parses alerts, for the tests of this folder. */
import { encode } from "../testing.ts";
import { type Alert, parseAlert } from "./alert.ts";
import { openBody } from "./body.ts";

/** Parses a body at the dedicated endpoint. */
export function parse(text: string): Alert {
  return parseAlert(openBody(encode(text)), "dedicated");
}

/** JSON with one level more than is read. */
export const DEEP = '{"a":'.repeat(33) + "1" + "}".repeat(33);
