import assert from "node:assert/strict";
import { prometheusText } from "./metrics.ts";

const NONE = { count: 0, sum: 0, buckets: [] };
const MEASURED = {
  requests: [{ outcome: "accepted", endpoint: "dedicated", value: 2 }],
  requests_counted_only: 3,
  auth_failures: [],
  signals: [],
  dispatches: [],
  incidents: [],
  watches: [],
  request_ms: { count: 4, sum: 2500, buckets: [[250, 1], [1000, 3]] },
  delivery_ms: NONE,
};

const linesWith = (own: Record<string, unknown> = {}) =>
  prometheusText({ ...MEASURED, ...own }).split("\n");

Deno.test("a gauge has one sample for each group of labels", () => {
  const lines = linesWith();
  const at = lines.indexOf("# TYPE webhook_requests_24h gauge");
  assert.equal(
    lines[at + 1],
    'webhook_requests_24h{outcome="accepted",endpoint="dedicated"} 2',
  );
});

Deno.test("a count without labels has no braces", () => {
  assert.ok(linesWith().includes("webhook_requests_counted_only_24h 3"));
});

Deno.test("a histogram is in seconds, and ends with +Inf, sum and count", () => {
  const own = linesWith()
    .filter((line) => line.startsWith("webhook_request_duration_seconds"));
  assert.deepEqual(own, [
    'webhook_request_duration_seconds_bucket{le="0.25"} 1',
    'webhook_request_duration_seconds_bucket{le="1"} 3',
    'webhook_request_duration_seconds_bucket{le="+Inf"} 4',
    "webhook_request_duration_seconds_sum 2.5",
    "webhook_request_duration_seconds_count 4",
  ]);
});

Deno.test("quotes, backslashes and line ends in a label are escaped", () => {
  const lines = linesWith({ signals: [{ strategy: 'a"b\\c\nd', value: 1 }] });
  assert.ok(
    lines.includes('webhook_signals_24h{strategy="a\\"b\\\\c\\nd"} 1'),
  );
});

Deno.test("every metric is announced once with HELP and TYPE, whether it has samples or not", () => {
  const lines = linesWith();
  const namesIn = (keyword: string) =>
    lines.filter((line) => line.startsWith(`# ${keyword} `))
      .map((line) => line.split(" ")[2]);
  const names = namesIn("HELP");
  assert.equal(new Set(names).size, names.length);
  assert.equal(names.length, 9);
  assert.deepEqual(namesIn("TYPE"), names);
});

Deno.test("the text ends with a line end", () => {
  assert.equal(linesWith().at(-1), "");
});
