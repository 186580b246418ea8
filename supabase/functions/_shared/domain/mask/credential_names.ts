/**
 * Names of fields that senders put credentials in (docs/alerts.md): their values are never stored.
 *
 * @module
 */

/** Names that end like this, whatever stands before: `emailToken`, `apiSecret`. */
export const NAME_ENDINGS = [
  "secret",
  "token",
  "password",
  "passphrase",
  "passcode",
  "passwd",
  "apikey",
  "credential",
  "cookie",
  "jwt",
] as const;
/** Names whose last word is this: `api-key`, but not `monkey`. */
export const LAST_WORDS = ["key", "pass", "pwd"] as const;
/** Names in which a word begins like this: `licenseId`, `Authorization`. */
export const BEGINNINGS = ["auth", "licence", "license"] as const;

/** Stored instead of the value. */
export const MASK = "***";

/** What every such name holds: a text without it names no credential. */
export const NAME_STEM =
  /secret|token|pass|pwd|key|auth|licen[cs]e|jwt|credential|cookie/i;

const ENDING = new RegExp(`(?:${NAME_ENDINGS.join("|")})s?[0-9]*$`);
const WORD = new RegExp(
  `(?:^|[^a-z0-9])(?:(?:${LAST_WORDS.join("|")})s?[0-9]*|` +
    // "author" is none, "authorization" is one.
    String.raw`(?:${BEGINNINGS.join("|")})(?!or(?!i[sz]))\w*)$`,
);

/** Longer names are judged by their end. */
const MAX_NAME_CHARACTERS = 64;

/** Senders use the same names again and again. */
const known = new Map<string, boolean>();
const MAX_KNOWN = 2000;

export function isCredentialName(name: string): boolean {
  const end = name.slice(-MAX_NAME_CHARACTERS);
  const answer = known.get(end);
  if (answer !== undefined) return answer;
  if (known.size === MAX_KNOWN) known.clear();
  const judged = judge(end);
  known.set(end, judged);
  return judged;
}

function judge(name: string): boolean {
  const plain = isAscii(name) ? name : plainName(name);
  if (!NAME_STEM.test(plain)) return false;
  const words = plain.trim().replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2").toLowerCase();
  return WORD.test(words) || ENDING.test(words.replace(/[^a-z0-9]/g, ""));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** Returns the name without characters that nobody sees, its wide letters made plain. */
function plainName(name: string): string {
  return name.normalize("NFKC").replace(
    /\p{Default_Ignorable_Code_Point}/gu,
    "",
  );
}
