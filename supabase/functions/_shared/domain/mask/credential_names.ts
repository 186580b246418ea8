/**
 * Names of fields that senders put credentials in (docs/alerts.md): their values are never stored.
 *
 * @module
 */

export const CREDENTIAL_NAMES = [
  "secret",
  "token",
  "passphrase",
  "password",
  "key",
  "auth_key",
  "api_key",
  "apikey",
  "signaltoken",
  "license_id",
] as const;

/** Stored instead of the value. */
export const MASK = "***";

const names: ReadonlySet<string> = new Set(CREDENTIAL_NAMES);

export function isCredentialName(name: string): boolean {
  return names.has(name.trim().toLowerCase());
}
