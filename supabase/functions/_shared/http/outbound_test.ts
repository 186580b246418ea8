import assert from "node:assert/strict";
import {
  checkTarget,
  ForbiddenTarget,
  isPublic,
  type TargetRules,
  UnknownHost,
} from "./outbound.ts";

const PUBLIC = "93.184.215.14";

function rules(allowLoopback: boolean, ...addresses: string[]): TargetRules {
  return { allowLoopback, resolve: () => Promise.resolve(addresses) };
}

const FORBIDDEN = [
  "https://127.0.0.1/",
  "https://127.1/",
  "https://0177.0.0.1/",
  "https://0x7f.0.0.1/",
  "https://2130706433/",
  "https://0/",
  "https://[::1]/",
  "https://[::]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::127.0.0.1]/",
  "https://localhost/",
  "https://localhost./",
  "https://app.localhost/",
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://192.168.0.1/",
  "https://100.64.0.1/",
  "https://169.254.169.254/",
  "https://192.0.2.1/",
  "https://198.18.0.1/",
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://[fd00::1]/",
  "https://[fe80::1]/",
  "https://[2002:7f00:1::]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[64:ff9b:1::1]/",
  "https://[5f00::1]/",
  "https://[4000::1]/",
  "https://metadata/",
  "http://example.com/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "https://user@example.com/",
  "https://:secret@example.com/",
  "https://example.com:22/",
  "https://example.com:80/",
  "not a URL",
];

for (const target of FORBIDDEN) {
  Deno.test(`checkTarget() forbids ${target}`, async () => {
    await assert.rejects(
      checkTarget(target, rules(false, PUBLIC)),
      ForbiddenTarget,
    );
  });
}

for (const target of ["https://example.com/hook", "https://8.8.8.8:8443/"]) {
  Deno.test(`checkTarget() allows ${target}`, async () => {
    await checkTarget(target, rules(false, PUBLIC));
  });
}

for (const target of ["http://localhost:1/", "https://[::1]/"]) {
  Deno.test(`checkTarget() allows ${target} where loopback is allowed`, async () => {
    await checkTarget(target, rules(true));
  });
}

for (
  const target of ["https://10.0.0.1/", "http://example.com/", "http://0/"]
) {
  Deno.test(`checkTarget() forbids ${target} even where loopback is allowed`, async () => {
    await assert.rejects(
      checkTarget(target, rules(true, PUBLIC)),
      ForbiddenTarget,
    );
  });
}

Deno.test("checkTarget() forbids a name with a private address among public ones", async () => {
  await assert.rejects(
    checkTarget("https://example.com/", rules(false, PUBLIC, "10.0.0.1")),
    ForbiddenTarget,
  );
});

Deno.test("checkTarget() forbids a name that leads to loopback, even where loopback is allowed", async () => {
  await assert.rejects(
    checkTarget("https://127.0.0.1.nip.io/", rules(true, "127.0.0.1")),
    ForbiddenTarget,
  );
});

Deno.test("checkTarget() says that a name has no address", async () => {
  await assert.rejects(checkTarget("https://example.com/", rules(false)), {
    name: UnknownHost.name,
    message: "The host example.com has no address",
  });
});

Deno.test("checkTarget() says that a name cannot be resolved", async () => {
  const resolve = () => Promise.reject(new Error("The resolver is away"));
  await assert.rejects(
    checkTarget("https://example.com/", { allowLoopback: false, resolve }),
    {
      name: UnknownHost.name,
      message: "The host example.com cannot be resolved",
    },
  );
});

Deno.test("isPublic() knows the public addresses of both families", () => {
  assert.ok(["8.8.8.8", "2001:4860:4860::8888"].every(isPublic));
});
