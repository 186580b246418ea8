/** Tokens of the wrong key, or of a key that is none. */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, sign } from "node:crypto";
import { claimsFor, type Fields, hs256, part } from "../../support/senders.ts";
import type { Attack } from "./attacks.ts";

/** Keys of the strategy, and one that is not. */
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const foreignEc = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const jwks = {
  keys: [
    { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa" },
    { ...ec.publicKey.export({ format: "jwk" }), kid: "ec" },
  ],
};

export function es256(
  payload: Fields,
  header: Fields,
  key = foreignEc,
): string {
  const signed = `${part({ alg: "ES256", ...header })}.${part(payload)}`;
  const signature = sign("sha256", Buffer.from(signed), {
    key: key.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}

const rsaPem = rsa.publicKey.export({ format: "pem", type: "spki" });
const ecJwk = ec.publicKey.export({ format: "jwk" });
const foreignJwk = foreignEc.publicKey.export({ format: "jwk" });

export const KEYS: Attack[] = [
  [
    "HS256 by the RSA public key's PEM",
    ({ slug }) =>
      hs256(String(rsaPem), claimsFor(slug), { alg: "HS256", kid: "rsa" }),
  ],
  [
    "HS256 by a public key of the set",
    ({ slug }) =>
      hs256(JSON.stringify(ecJwk), claimsFor(slug), {
        alg: "HS256",
        kid: "ec",
      }),
  ],
  [
    "HS256 by the public point",
    ({ slug }) => hs256(Buffer.from(ecJwk.x!, "base64url"), claimsFor(slug)),
  ],
  ["HS256 by an empty key", ({ slug }) => hs256("", claimsFor(slug))],
  ["HS256 by one byte", ({ slug }) => hs256("\0", claimsFor(slug))],
  [
    "HS256 by the encoded text without its prefix",
    ({ secret, slug }) => hs256(secret.slice("whsec_".length), claimsFor(slug)),
  ],
  ["ES256 by a foreign key", ({ slug }) => es256(claimsFor(slug), {})],
  [
    "ES256 by a foreign key under a known kid",
    ({ slug }) => es256(claimsFor(slug), { kid: "ec" }),
  ],
  [
    "ES256 by an embedded key",
    ({ slug }) => es256(claimsFor(slug), { jwk: foreignJwk }),
  ],
  [
    "ES256 with r = s = 0",
    ({ slug }) =>
      es256(claimsFor(slug), { kid: "ec" }, ec)
        .replace(/[^.]+$/, "A".repeat(86)),
  ],
  [
    "RS256 whose header says ES256",
    ({ slug }) => es256(claimsFor(slug), { alg: "RS256", kid: "rsa" }, ec),
  ],
  ...["jku", "x5u"].map((name): Attack => [
    `ES256 by keys at a ${name}`,
    ({ slug, trap }) => es256(claimsFor(slug), { kid: "evil", [name]: trap }),
  ]),
  ...["../../../../dev/null", "' or 1=1; drop table strategies; --", "\0"].map((
    kid,
  ): Attack => [
    `ES256 by kid ${JSON.stringify(kid)}`,
    ({ slug }) => es256(claimsFor(slug), { kid }),
  ]),
  [
    "a kid of 8 kB",
    ({ slug }) => es256(claimsFor(slug), { kid: "k".repeat(8192) }),
  ],
  ["HS256 with kid /dev/null, by an empty key", ({ slug }) => {
    const header = { alg: "HS256", kid: "../../../../dev/null" };
    return hs256("", claimsFor(slug), header);
  }],
];
