/** Masks bodies, for the tests of this folder. */
import { openBody } from "../alert/body.ts";
import type { Bytes } from "../bytes.ts";
import { encode } from "../testing.ts";
import { spellingsOf } from "./secrets.ts";

/** A body as it is stored. */
export const maskBody = (
  bytes: Uint8Array,
  secrets: readonly string[],
): Uint8Array => openBody(bytes as Bytes).masked(secrets.flatMap(spellingsOf));

/** The same, as text. */
export function mask(body: string, ...secrets: string[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(maskBody(encode(body), secrets));
}

export const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/Zw=";
