/** A stock Prometheus reads the metrics, and what docs/grafana/ asks for. Runs where Debian's is installed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { scrapeConfig } from "../../../scripts/docs/write_metrics.ts";
import { FUNCTIONS_URL, openDatabase, until } from "../../support/project.ts";
import { ALERTS_FILE, QUERIES } from "./queries.ts";
import { busyStrategy, count, metricsKey, scrape } from "./scraping.ts";

async function isInstalled(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const hasPrometheus = await isInstalled("prometheus") &&
  await isInstalled("promtool");
const ignore = !hasPrometheus;
const reason = hasPrometheus ? "" : " (skipped: Prometheus is not installed)";

async function promtool(
  args: string[],
  input = "",
): Promise<{ code: number; said: string }> {
  const child = new Deno.Command("promtool", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = new Response(input).body!.pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  await written;
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test({
  name: `promtool finds nothing wrong with the metrics${reason}`,
  ignore,
  async fn() {
    const text = await scrape(await metricsKey());
    const checked = await promtool(["check", "metrics"], text);
    assert.deepEqual(checked, { code: 0, said: "" });
  },
});

Deno.test({
  name: `promtool finds nothing wrong with the rules${reason}`,
  ignore,
  async fn() {
    const { code, said } = await promtool(["check", "rules", ALERTS_FILE]);
    assert.equal(code, 0, said);
  },
});

/** Returns a port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}

interface Prometheus extends AsyncDisposable {
  isReady(): Promise<boolean>;
  /** Returns the data of an answer of its API; throws for an error. */
  ask<Data>(path: string): Promise<Data>;
}

/** Starts a Prometheus that scrapes as docs/metrics.md says, every second. */
async function startPrometheus(key: string): Promise<Prometheus> {
  const folder = await Deno.makeTempDir();
  const keyFile = join(folder, "key");
  await Deno.writeTextFile(keyFile, key);
  const job = scrapeConfig({
    functionsUrl: FUNCTIONS_URL,
    keyFile,
    every: "1s",
  });
  const rules = `rule_files: [${JSON.stringify(ALERTS_FILE)}]`;
  await Deno.writeTextFile(
    join(folder, "prometheus.yml"),
    `global: { evaluation_interval: 1s }\n${rules}\n${job}`,
  );
  const port = freePort();
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  return {
    async isReady() {
      try {
        const { body, ok } = await fetch(`${url}/-/ready`, {
          redirect: "error",
        });
        await body?.cancel();
        return ok;
      } catch (error) {
        if (error instanceof TypeError) return false; // it does not listen yet
        throw error;
      }
    },
    async ask(path) {
      const response = await fetch(`${url}/api/v1/${path}`, {
        redirect: "error",
      });
      const { status, data, error } = await response.json();
      assert.equal(status, "success", error);
      return data;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

interface Found {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

/** Returns what Grafana asks for, with every variable set to all. */
const asked = (expr: string) =>
  `query?query=${encodeURIComponent(expr.replaceAll(/\$\w+/g, ".*"))}`;

Deno.test({
  name: `a stock Prometheus scrapes the metrics with the key alone${reason}`,
  ignore,
  async fn(t) {
    const kit = await busyStrategy();
    await using database = openDatabase();
    await count(database.sql);
    await using prometheus = await startPrometheus(await metricsKey());
    const find = async (expr: string) =>
      (await prometheus.ask<Found>(asked(expr))).result;

    await t.step("the target is up", async () => {
      await until(() => prometheus.isReady(), "Prometheus is ready");
      await until(
        async () => (await find("up"))[0]?.value[1] === "1",
        "the target is up",
      );
    });

    await t.step("it has what the router counted", async () => {
      const labels = `strategy="${kit.strategy.slug}", status="accepted"`;
      const [found] = await find(`sum(webhook_signals_total{${labels}})`);
      assert.equal(found!.value[1], "2");
    });

    await t.step("it can evaluate every query of docs/grafana", async () => {
      for (const { expr } of QUERIES) await find(expr);
    });

    await t.step("it can evaluate every rule", async () => {
      interface Rules {
        groups: { rules: { name: string; health: string }[] }[];
      }
      await until(async () => {
        const { groups } = await prometheus.ask<Rules>("rules");
        const health = groups.flatMap(({ rules }) =>
          rules.map(({ name, health }) => `${name}: ${health}`)
        );
        assert.deepEqual(health.filter((one) => one.endsWith(": err")), []);
        return health.length > 0 &&
          health.every((one) => one.endsWith(": ok"));
      }, "every rule was evaluated");
    });
  },
});
