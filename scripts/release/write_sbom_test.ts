import assert from "node:assert/strict";
import lockFile from "../../deno.lock" with { type: "text" };
import { componentsOf, type Lock } from "./write_sbom.ts";

const DIGEST = `sha512-${new Uint8Array(64).toBase64()}`;
const LOCK: Lock = {
  specifiers: {
    "npm:@a/bot@1.0.0": "1.0.0_peer@3.0.0",
    "npm:tool@2.0.0": "2.0.0",
  },
  npm: {
    "@a/bot@1.0.0_peer@3.0.0": {
      integrity: DIGEST,
      dependencies: ["net@5.0.0", "peer"],
    },
    "net@5.0.0": { integrity: DIGEST },
    "net@6.0.0": { integrity: DIGEST },
    "peer@3.0.0": { integrity: DIGEST },
    "tool@2.0.0": { integrity: DIGEST, dependencies: ["net@6.0.0"] },
  },
};

Deno.test("a bill of materials says what is deployed, down to the packages of packages", () => {
  const components = componentsOf(LOCK, ["npm:@a/bot@1.0.0/web"]);
  assert.deepEqual(
    components.map(({ purl, scope }) => `${purl} ${scope}`),
    [
      "pkg:npm/%40a/bot@1.0.0 required",
      "pkg:npm/net@5.0.0 required",
      "pkg:npm/net@6.0.0 excluded",
      "pkg:npm/peer@3.0.0 required",
      "pkg:npm/tool@2.0.0 excluded",
    ],
  );
});

Deno.test("a digest is written as CycloneDX wants it, in hexadecimal digits", () => {
  const [{ hashes } = { hashes: [] }] = componentsOf(LOCK, []);
  assert.deepEqual(hashes, [{ alg: "SHA-512", content: "0".repeat(128) }]);
});

Deno.test("a package that the lock file does not know stops it", () => {
  assert.throws(
    () => componentsOf(LOCK, ["npm:tool@2.0.1"]),
    /no npm:tool@2\.0\.1/,
  );
});

Deno.test("every package of the lock file has a digest", () => {
  const lock: Lock = JSON.parse(lockFile);
  assert.equal(
    componentsOf(lock, []).length,
    Object.keys(lock.npm).length,
  );
});
