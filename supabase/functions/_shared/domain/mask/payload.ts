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
import { maskSecrets } from "./secrets.ts";

/** Returns the payload with the values of credential fields masked, and `secrets` wherever they stand, at any depth. */
export function maskPayload(
  payload: JsonObject,
  secrets: readonly string[],
): JsonObject {
  return new Map(
    [...payload].map(([name, value]) => [
      maskSecrets(name, secrets),
      isCredentialName(name) ? MASK : maskValue(value, secrets),
    ]),
  );
}

function maskValue(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === "string") return maskSecrets(value, secrets);
  if (isJsonArray(value)) return value.map((one) => maskValue(one, secrets));
  return isJsonObject(value) ? maskPayload(value, secrets) : value;
}
