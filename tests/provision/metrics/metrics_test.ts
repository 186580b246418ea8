/** The metrics of a router that has done all they are about. */
import assert from "node:assert/strict";
import { METRICS } from "../../../supabase/functions/provision/metrics/catalogue.ts";
import { openDatabase, send, until } from "../../support/project.ts";
import {
  busyStrategy,
  count,
  METRICS_URL,
  metricsKey,
  type Sample,
  samplesIn,
  scrape,
} from "./scraping.ts";

/** Returns the sum of the samples with these labels. */
function sumOf(
  samples: Sample[],
  name: string,
  labels: Record<string, string>,
): number {
  return samples
    .filter((one) => one.name === name)
    .filter((one) =>
      Object.entries(labels).every(([label, text]) =>
        one.labels[label] === text
      )
    )
    .reduce((sum, { value }) => sum + value, 0);
}

/** Names of a metric's samples, and the labels of each. */
function formsOf({ name, type, labels }: typeof METRICS[number]): string[] {
  const forms = type === "histogram"
    ? [
      [`${name}_bucket`, ...labels, "le"],
      [`${name}_sum`, ...labels],
      [`${name}_count`, ...labels],
    ]
    : [[name, ...labels]];
  return forms.map(([name, ...labels]) => `${name}{${labels.sort()}}`);
}

Deno.test("of a busy router", async (t) => {
  await using database = openDatabase();
  const { sql } = database;
  const kit = await busyStrategy();
  const { slug } = kit.strategy;
  await count(sql);
  const key = await metricsKey();
  const samples = samplesIn(await scrape(key));

  await t.step("every metric has samples, each with its own labels", () => {
    const seen = samples.map(({ name, labels }) =>
      `${name}{${Object.keys(labels).sort()}}`
    );
    assert.deepEqual(
      [...new Set(seen)].sort(),
      METRICS.flatMap(formsOf).sort(),
    );
  });

  await t.step("signals are counted by strategy and first status", () => {
    const of = (status: string) =>
      sumOf(samples, "webhook_signals_total", { strategy: slug, status });
    assert.deepEqual([of("accepted"), of("held")], [2, 2]);
    assert.equal(sumOf(samples, "webhook_signals_held", { strategy: slug }), 2);
  });

  await t.step("a queue's deliveries are what workers complete", () => {
    const route = kit.routes.find(({ kind }) => kind === "queue")!.target;
    const labels = { route: `queue:${route}`, result: "completed" };
    assert.equal(sumOf(samples, "webhook_deliveries_total", labels), 1);
    const queue = { queue: route };
    assert.equal(sumOf(samples, "webhook_queue_messages", queue), 1);
  });

  await t.step("the last bucket of a histogram is its count", () => {
    const name = "webhook_delivery_duration_seconds";
    const all = sumOf(samples, `${name}_count`, {});
    assert.ok(all >= 3);
    assert.equal(sumOf(samples, `${name}_bucket`, { le: "+Inf" }), all);
  });

  await t.step("no counter falls, whatever is deleted", async () => {
    await sql`delete from queue_outcomes where strategy_id = ${kit.strategy.id}`;
    await sql`delete from signals where strategy_id = ${kit.strategy.id}`;
    await sql`delete from webhook_requests where strategy_id = ${kit.strategy.id}`;
    await count(sql);
    const later = samplesIn(await scrape(key));
    const counts = samples.filter(({ name }) =>
      /_(total|bucket|sum|count)$/.test(name)
    );
    const fallen = counts.filter(({ name, labels, value }) =>
      sumOf(later, name, labels) < value
    );
    assert.deepEqual(fallen, []);
  });

  await t.step(
    "an alert is counted once, however often it is counted",
    async () => {
      await send(kit.urls.dedicated, '{"signal":"exit","symbol":"Z"}');
      for (let run = 0; run < 3; run++) await count(sql);
      const labels = { strategy: slug, intent: "close" };
      const later = samplesIn(await scrape(key));
      assert.equal(sumOf(later, "webhook_signals_total", labels), 1);
    },
  );
});

Deno.test("the metrics are Prometheus' text format", async () => {
  const response = await fetch(METRICS_URL, {
    redirect: "error",
    headers: { authorization: `Bearer ${await metricsKey()}` },
  });
  await response.body?.cancel();
  assert.equal(
    response.headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
});

Deno.test("while a transaction writes", async (t) => {
  await using database = openDatabase();
  const { sql } = database;
  const other = await sql.reserve();
  /** Whether a run at that time from now would count what is written at present. */
  const counts = async (later: string): Promise<boolean> => {
    const [row] = await sql`
      select private.settled_until(clock_timestamp() + ${later}::interval) > clock_timestamp() as counts`;
    return row!.counts;
  };
  try {
    await other`begin`;
    await other`select 1`;
    await t.step("nothing waits for one that only reads", async () => {
      await until(() => counts("1 minute"), "no other transaction writes");
    });

    await other`select pg_current_xact_id()`;
    await t.step("what it may still commit is not counted yet", async () => {
      assert.equal(await counts("1 minute"), false);
    });

    await t.step("for five minutes at most", async () => {
      assert.equal(await counts("6 minutes"), true);
    });
  } finally {
    await other`rollback`;
    other.release();
  }
});
