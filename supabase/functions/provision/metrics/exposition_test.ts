import assert from "node:assert/strict";
import { METRICS } from "./catalogue.ts";
import { exposition } from "./exposition.ts";

const COUNT = {
  metric: "webhook_requests_total",
  labels: { outcome: "refused", code: "rate_limited" },
  count: 2,
};
const HISTOGRAM = {
  metric: "webhook_request_duration_seconds",
  labels: { endpoint: "dedicated" },
  count: 4,
  seconds: 2.5,
  below: [1, 3],
  bounds: [0.25, 1],
};
const LEVEL = {
  metric: "webhook_database_size_bytes",
  labels: {},
  value: 1e15,
};

function linesWith(
  { counts = [COUNT, HISTOGRAM], levels = [LEVEL] }: Record<string, unknown> =
    {},
): string[] {
  return exposition({ counts, levels }).split("\n");
}

Deno.test("a counter has one sample for each group of labels", () => {
  assert.ok(
    linesWith().includes(
      'webhook_requests_total{outcome="refused",code="rate_limited"} 2',
    ),
  );
});

Deno.test("a level without labels has no braces", () => {
  assert.ok(
    linesWith().includes("webhook_database_size_bytes 1000000000000000"),
  );
});

Deno.test("a histogram ends with +Inf, sum and count", () => {
  const own = linesWith()
    .filter((line) => line.startsWith("webhook_request_duration_seconds"));
  assert.deepEqual(own, [
    'webhook_request_duration_seconds_bucket{endpoint="dedicated",le="0.25"} 1',
    'webhook_request_duration_seconds_bucket{endpoint="dedicated",le="1"} 3',
    'webhook_request_duration_seconds_bucket{endpoint="dedicated",le="+Inf"} 4',
    'webhook_request_duration_seconds_sum{endpoint="dedicated"} 2.5',
    'webhook_request_duration_seconds_count{endpoint="dedicated"} 4',
  ]);
});

Deno.test("quotes, backslashes and line ends in a label are escaped", () => {
  const lines = linesWith({
    levels: [{
      metric: "webhook_worker_last_seen_timestamp_seconds",
      labels: { worker: 'a"b\\c\nd' },
      value: 1,
    }],
  });
  assert.ok(
    lines.includes(
      'webhook_worker_last_seen_timestamp_seconds{worker="a\\"b\\\\c\\nd"} 1',
    ),
  );
});

Deno.test("what has not been counted yet is 0, so that the first is an increase", () => {
  const line = 'webhook_incidents_opened_total{kind="route_down"}';
  assert.ok(linesWith().includes(`${line} 0`));
  const counted = linesWith({
    counts: [{
      metric: "webhook_incidents_opened_total",
      labels: { kind: "route_down" },
      count: 3,
    }],
  });
  assert.deepEqual(counted.filter((one) => one.startsWith(line)), [
    `${line} 3`,
  ]);
});

Deno.test("a metric of a newer database is left out", () => {
  const counts = [{ ...COUNT, metric: "webhook_news_total" }];
  assert.ok(!linesWith({ counts }).join().includes("news"));
});

Deno.test("every metric is announced once with HELP and TYPE, whether it has samples or not", () => {
  const lines = linesWith({ counts: [], levels: [] });
  const namesIn = (keyword: string) =>
    lines.filter((line) => line.startsWith(`# ${keyword} `))
      .map((line) => line.split(" ")[2]);
  const names = METRICS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(namesIn("HELP"), names);
  assert.deepEqual(namesIn("TYPE"), names);
});

Deno.test("the text ends with a line end", () => {
  assert.equal(linesWith().at(-1), "");
});
