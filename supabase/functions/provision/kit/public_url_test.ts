import assert from "node:assert/strict";
import { warningsAbout } from "./public_url.ts";

const PUBLIC = [
  "https://ref.supabase.co/functions/v1/webhook",
  "https://alerts.example.com:80/webhook",
  "https://8.8.8.8/webhook",
];

const NOT: [url: string, reason: RegExp][] = [
  ["http://ref.supabase.co/webhook", /it is not https;/],
  ["https://localhost/webhook", /localhost is no public host/],
  ["https://127.0.0.1/webhook", /127\.0\.0\.1 is no public host/],
  ["https://192.168.1.2/webhook", /192\.168\.1\.2 is no public host/],
  ["https://[2606:4700::1]/webhook", /no public host with an IPv4 address/],
  ["https://nas.local/webhook", /nas\.local is no public host/],
  ["https://router/webhook", /router is no public host/],
  ["https://example.com:8443/webhook", /its port, 8443, is neither/],
];

for (const url of PUBLIC) {
  Deno.test(`TradingView can call ${url}`, () => {
    assert.deepEqual(warningsAbout(url), []);
  });
}

for (const [url, reason] of NOT) {
  Deno.test(`TradingView cannot call ${url}`, () => {
    const [warning, ...others] = warningsAbout(url);
    assert.match(warning!, reason);
    assert.deepEqual(others, []);
  });
}
