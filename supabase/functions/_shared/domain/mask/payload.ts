/**
 * Masks credentials in a payload that was read.
 *
 * @module
 */

import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../json/value.ts";
import { isCredentialName, MASK } from "./credential_names.ts";
import { maskSecrets, maskText } from "./text.ts";

/** An id such as `key:17` must stay what it is: alerts are told apart by it. */
const WORD = /^[\w.:/-]{1,64}$/;

/**
 * Returns the payload with the values of credential fields masked, and in all texts, at any depth, what `maskText` masks:
 * `secrets` are spellings.
 */
export function maskPayload(
  payload: JsonObject,
  secrets: readonly string[],
): JsonObject {
  return new Map(
    [...payload].map(([name, value]) => [
      maskText(name, secrets),
      isCredentialName(name) ? MASK : maskValue(value, secrets),
    ]),
  );
}

function maskValue(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === "string") {
    return (WORD.test(value) ? maskSecrets : maskText)(value, secrets);
  }
  if (isJsonArray(value)) return value.map((one) => maskValue(one, secrets));
  return isJsonObject(value) ? maskPayload(value, secrets) : value;
}
