/** No file of the project holds a secret. Those of tests and examples are made up, and easily told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../cli/paths.ts";

const SECRETS: [what: string, pattern: RegExp][] = [
  ["a project's secret key", /\bsb_secret_[A-Za-z0-9]{22}_[A-Za-z0-9]{8}\b/g],
  ["an access token of the platform", /\bsbp_[0-9a-f]{40}\b/g],
  ["a token of a Telegram bot", /\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b/g],
  ["a token of GitHub", /\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_\w{82})\b/g],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10,}/g],
  ["a key of AWS", /\bAKIA[0-9A-Z]{16}\b/g],
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]/g],
  [
    "a key of the platform that is a JWT",
    /\beyJhbGciOi[\w-]+\.eyJ[\w-]*c3VwYWJhc2[\w-]*\.[\w-]{20,}/g,
  ],
  [
    "a webhook of Slack or Discord",
    /\bhttps:\/\/(?:hooks\.slack\.com\/services\/T[A-Z0-9]+\/B|discord\.com\/api\/webhooks\/\d{17,})[\w/]+/g,
  ],
];

/** Returns what a text holds that looks like a secret. */
function secretsIn(text: string): string[] {
  return SECRETS.flatMap(([what, pattern]) =>
    (text.match(pattern) ?? []).map((found) =>
      `${what}: ${found.slice(0, 12)}…`
    )
  );
}

Deno.test("no file of the project holds a secret", async () => {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    cwd: PROJECT_DIR,
  }).output();
  const names = new TextDecoder().decode(stdout).split("\0").filter(Boolean);
  assert.ok(names.length > 100, "the files are found");
  const found = await Promise.all(names.map(async (name) => {
    const text = await Deno.readTextFile(join(PROJECT_DIR, name))
      .catch(() => ""); // deleted, but not committed
    return secretsIn(text).map((secret) => `${name}: ${secret}`);
  }));
  assert.deepEqual(found.flat(), []);
});

/** In two parts each, so that this file holds none. */
const EXAMPLES: [start: string, end: string][] = [
  ["sb_secret_", "abcdefghijklmnopqrstuv_12345678"],
  ["sbp_", "0123456789abcdef0123456789abcdef01234567"],
  ["12345678:AA", "abcdefghijklmnopqrstuvwxyz0123456"],
  ["ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"],
  ["npm_", "abcdefghijklmnopqrstuvwxyz0123456789"],
  ["xoxb-", "1234567890-abcdef"],
  ["AKIA", "ABCDEFGHIJKLMNOP"],
  ["-----BEGIN RSA PRIVATE", " KEY-----\nMIIE"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOi", "Jc3VwYWJhc2UifQ.abcdefghijklmnopqrstuv"],
  ["https://hooks.slack.com/", "services/T0123/B0123/abcdef"],
];

for (const [start, end] of EXAMPLES) {
  Deno.test(`a secret that begins with ${start} is found`, () => {
    assert.equal(secretsIn(start + end).length, 1);
  });
}
