import assert from "node:assert/strict";
import { clientIp, isWithin } from "./client_ip.ts";

const CASES: [
  why: string,
  headers: HeadersInit,
  header: string | undefined,
  ip: string | undefined,
][] = [
  [
    "the last forwarded hop",
    { "x-forwarded-for": "6.6.6.6, 52.89.214.238" },
    undefined,
    "52.89.214.238",
  ],
  ["nothing without a header", {}, undefined, undefined],
  [
    "nothing for a hop that is no address",
    { "x-forwarded-for": "localhost" },
    undefined,
    undefined,
  ],
  [
    "nothing for an address with a zone",
    { "x-forwarded-for": "fe80::1%eth0" },
    undefined,
    undefined,
  ],
  [
    "the platform's header",
    { "cf-connecting-ip": "52.89.214.238", "x-forwarded-for": "6.6.6.6" },
    "cf-connecting-ip",
    "52.89.214.238",
  ],
  [
    "nothing where the platform's header is missing",
    { "x-forwarded-for": "6.6.6.6" },
    "cf-connecting-ip",
    undefined,
  ],
  [
    "IPv4 behind its IPv6 spelling",
    { "x-forwarded-for": "::ffff:52.89.214.238" },
    undefined,
    "52.89.214.238",
  ],
];

for (const [why, headers, header, ip] of CASES) {
  Deno.test(`the caller's address is ${why}`, () => {
    assert.equal(clientIp(new Headers(headers), header), ip);
  });
}

const WITHIN: [
  address: string | undefined,
  blocks: string[],
  within: boolean,
][] = [
  ["1.2.3.4", [], true],
  [undefined, [], true],
  [undefined, ["0.0.0.0/0"], false],
  ["10.1.2.3", ["10.0.0.0/8"], true],
  ["11.1.2.3", ["10.0.0.0/8"], false],
  ["2001:db8::1", ["10.0.0.0/8", "2001:db8::/32"], true],
  ["2001:db9::1", ["10.0.0.0/8", "2001:db8::/32"], false],
];

for (const [address, blocks, within] of WITHIN) {
  Deno.test(`${address} is ${within ? "" : "not "}within [${blocks}]`, () => {
    assert.equal(isWithin(address, blocks), within);
  });
}
