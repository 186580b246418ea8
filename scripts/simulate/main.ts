/** Simulates TradingView against a project, and proves what the router promises. Usage: see `--help`. */
import { dirname, join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { locateProject, openProvision, type Project } from "../cli/project.ts";
import { runCommand } from "../cli/run_command.ts";
import { runUntilStopped } from "../local/host/stopping.ts";
import { compare } from "./compare/compare.ts";
import { readLedger } from "./ledger/ledger.ts";
import { readAudits } from "./project/audits.ts";
import { archive } from "./project/strategies.ts";
import { simulate } from "./run.ts";
import { type Plan, planSchedule } from "./tradingview/schedule.ts";
import { describeVerdict, isKept } from "./verdict.ts";

const USAGE = `Usage: deno task simulate [options]

Sends alerts as TradingView does: charts, strategies that go long, flat and short, bursts of a
watchlist, resends, mistakes, and URLs whose credential is revoked. Executes the signals, compares
each send and answer with the database, and says whether the router kept its promises.
It never causes a trade: it uses strategies of its own, with one queue each and no shared routes,
and archives them.

  --minutes N        minutes of the market (default: 30)
  --speed N          how many times as fast as ours its time goes (default: 30)
  --charts N         charts with an alert (default: 12)
  --watchlist N      symbols of a watchlist (default: 20)
  --strategies N     strategies (default: 3)
  --max-signal-age N seconds for which an entry may fire (default: 300)
  --max-exit-age N   seconds for which an exit may fire (default: 86400)
  --seed N           the same seed and numbers give the same alerts (default: at random, printed)
  --ledger FILE      where each send and answer is written down (default: in .local/simulations)
  --compare FILE     only compare a ledger, such as that of a run that was killed
  --url URL          the API's URL, such as https://REF.supabase.co (default: the local stack);
                     its secret key is then read from SUPABASE_SECRET_KEY alone
  --yes              do not ask before sending to a host that is not this machine
  --env-file FILE    where SUPABASE_URL and SUPABASE_SECRET_KEY are (default: .local/env);
                     variables of the shell come first
  --help             this text

Exit code: 0 if every promise was kept, 1 if not.`;

const OPTIONS = {
  minutes: { type: "string", default: "30" },
  speed: { type: "string", default: "30" },
  charts: { type: "string", default: "12" },
  watchlist: { type: "string", default: "20" },
  strategies: { type: "string", default: "3" },
  "max-signal-age": { type: "string", default: "300" },
  "max-exit-age": { type: "string", default: "86400" },
  seed: { type: "string" },
  ledger: { type: "string" },
  compare: { type: "string" },
  url: { type: "string" },
  yes: { type: "boolean", default: false },
  "env-file": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Flags = ReturnType<
  typeof parseFlags<{ options: typeof OPTIONS }>
>["values"];

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<number | void> {
  const { values: flags } = parseFlags({ args, options: OPTIONS });
  if (flags.help) return print(USAGE);
  const project = locateProject(flags["env-file"], flags.url);
  if (flags.compare) return await conclude(project, fromCaller(flags.compare));
  const ledgerPath = await run(project, flags);
  return await conclude(project, ledgerPath);
}

/** Runs a simulation; returns its ledger's path. */
async function run(project: Project, flags: Flags): Promise<string> {
  const plan = planOf(flags);
  const speed = countOf(flags.speed, "--speed");
  const ages = {
    max_signal_age_ms: countOf(flags["max-signal-age"], "--max-signal-age") *
      1000,
    max_exit_age_ms: countOf(flags["max-exit-age"], "--max-exit-age") * 1000,
  };
  const schedule = planSchedule(plan);
  const confirmHost = hostConfirmation(flags.yes, schedule.triggers.length);
  confirmHost(project.url);
  const ledgerPath = ledgerPathOf(flags, plan);
  await Deno.mkdir(dirname(ledgerPath), { recursive: true });
  print(
    `Seed ${plan.seed}: ${schedule.triggers.length} alerts of ${plan.charts} charts and a watchlist of ${plan.watchlist}, for ${plan.strategies} strategies, in ${
      Math.ceil(plan.minutes * 60 / speed)
    } s`,
  );
  print(`Ledger: ${ledgerPath}`);
  const simulation = { plan, schedule, speed, ages, ledgerPath, confirmHost };
  await runUntilStopped((signal) => simulate(project, simulation, signal));
  return ledgerPath;
}

/** Compares a ledger with its project's database, and archives its strategies. */
async function conclude(project: Project, path: string): Promise<number> {
  const ledger = await readLedger(path);
  if (ledger.run.project !== project.url) {
    throw new Failure(
      `Cannot compare ${path} with ${project.url}: it is of ${ledger.run.project}; give --url`,
    );
  }
  try {
    const verdict = compare(ledger, await readAudits(project, ledger));
    describeVerdict(ledger, verdict).forEach(print);
    return isKept(verdict) ? 0 : 1;
  } finally {
    const provision = openProvision(project);
    for (const { slug } of ledger.strategies) await archive(provision, slug);
  }
}

function planOf(flags: Flags): Plan {
  return {
    seed: flags.seed === undefined
      ? crypto.getRandomValues(new Uint32Array(1))[0]!
      : countOf(flags.seed, "--seed"),
    minutes: countOf(flags.minutes, "--minutes"),
    charts: countOf(flags.charts, "--charts"),
    watchlist: countOf(flags.watchlist, "--watchlist"),
    strategies: countOf(flags.strategies, "--strategies"),
  };
}

function countOf(text: string, flag: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new Failure(
    `Cannot use ${flag} ${text}: give a whole number from 1 on`,
  );
}

function ledgerPathOf({ ledger }: Flags, { seed }: Plan): string {
  if (ledger) return fromCaller(ledger);
  const time = new Date().toISOString().replaceAll(":", "").slice(0, 17);
  return join(PROJECT_DIR, ".local/simulations", `${time}-${seed}.jsonl`);
}

/** Returns a check that asks once for each host that is not this machine. */
function hostConfirmation(
  isConfirmed: boolean,
  alerts: number,
): (url: string) => void {
  const confirmed = new Set<string>();
  return (url) => {
    const { host, hostname } = new URL(url);
    const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    if (isLocal || isConfirmed || confirmed.has(host)) return;
    if (!confirm(`Send ${alerts} simulated alerts to ${host}?`)) {
      throw new Failure(
        `Not sent to ${host}: answer y, or give --yes where nobody can answer`,
      );
    }
    confirmed.add(host);
  };
}
