/** Guards against public keys by which anybody could sign, or nobody. */
import { DOMAIN, type Mutation } from "./mutation.ts";

const KEYS = `${DOMAIN}/credential/jwk.ts`;
const TEST = `${DOMAIN}/credential/jwk_test.ts`;

export const KEY_GUARDS: Mutation[] = [
  {
    guard: "provision tries each key",
    file: "supabase/functions/_shared/provision_api/settings.ts",
    from: "const problem = keyProblem(key);",
    to: "const problem = key === null ? keyProblem(key) : undefined;",
    tests: ["tests/authentication/jwt/weak_keys_test.ts"],
    filter: "provision refuses",
  },
  {
    guard: "a key that SQL set is tried before it verifies",
    file: KEYS,
    from: "keys.filter((key) => keyProblem(key) === undefined)",
    to: "keys.filter((key) => key !== null)",
    tests: ["tests/authentication/jwt/weak_keys_test.ts"],
    filter: "though SQL set it",
  },
  {
    guard: "a point of small order is no key",
    file: KEYS,
    from: "return small.includes(y)",
    to: "return small.includes(-1n)",
    tests: [TEST],
    filter: "Ed25519's point",
  },
  {
    guard: "a point of order 8 is no key",
    file: KEYS,
    from: "Y_OF_ORDER_8, prime - Y_OF_ORDER_8]",
    to: "Y_OF_ORDER_8 + 1n]",
    tests: [TEST],
    filter: "Ed25519's point",
  },
  {
    guard: "a point off Ed25519 is no key",
    file: KEYS,
    from: "|| !isOnEdwards(y)",
    to: "|| (isOnEdwards, false)",
    tests: [TEST],
    filter: "a point off Ed25519",
  },
  {
    guard: "a point off P-256 is no key",
    file: KEYS,
    from: "(right ** 2n - left ** 3n + 3n * left - b) % prime === 0n",
    to: "b > 0n",
    tests: [TEST],
    filter: "a point off P-256",
  },
  {
    guard: "a short RSA key is no key",
    file: KEYS,
    from: "length < MIN_RSA_BITS || ",
    to: "",
    tests: [TEST],
    filter: "RSA of 1024 bits",
  },
  {
    guard: "RSA with exponent 1 is no key",
    file: KEYS,
    from: "exponent > 1n",
    to: "exponent > 0n",
    tests: [TEST],
    filter: "RSA with exponent 1",
  },
];
