/** Benchmarks of their own, whose output is quoted: they run against this stack, one after the other. */
import { join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { clientEnvironment } from "../../local/platform/environment.ts";
import type { Plan } from "../runs/plan.ts";
import type { Bench } from "../runs/run.ts";

/** A benchmark, and its arguments in each plan. */
interface Other {
  title: string;
  file: string;
  args: Record<Exclude<Plan["name"], "tiny">, string[]>;
}

export interface OtherOutput {
  title: string;
  command: string;
  output: string;
}

const OTHERS: Other[] = [
  {
    title: "Delivery to http routes",
    file: "dispatch_latency.ts",
    args: { full: ["100", "10"], quick: ["100", "3"] },
  },
  {
    title: "Queues of workers",
    file: "queues.ts",
    args: { full: ["4"], quick: ["1"] },
  },
];

const DEADLINE_MS = 240_000;

/** Runs them; none where each step is only tried. */
export async function runOthers(bench: Bench): Promise<OtherOutput[]> {
  const outputs: OtherOutput[] = [];
  const { name } = bench.plan;
  if (name === "tiny") return outputs;
  for (const other of OTHERS) {
    outputs.push(await run(bench, other, other.args[name]));
  }
  return outputs;
}

async function run(
  { stack, report }: Bench,
  { title, file }: Other,
  args: string[],
): Promise<OtherOutput> {
  report(title);
  const { address } = stack;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "-A",
      join(import.meta.dirname!, "..", file),
      ...args,
    ],
    env: {
      ...clientEnvironment({ ...address, keys: address }),
      "NO_COLOR": "1",
    },
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trimEnd();
  if (success) {
    const command = ["scripts/bench/" + file, ...args].join(" ");
    return { title, command, output: text(stdout) };
  }
  throw new Failure(`${file} failed: ${text(stderr)}\n${text(stdout)}`);
}
