/** Checks a deployment from outside, before any alert is sent to it. */
import { MIGRATIONS_DIR } from "../cli/paths.ts";
import type { Project } from "../cli/project.ts";
import type { Diagnosis } from "../../supabase/functions/_shared/provision_api/doctor.ts";
import { type Report, Unhealthy } from "./check.ts";
import { checkDispatch, checkHealth, checkPublicUrl } from "./connections.ts";
import { checkCron, checkMonitor } from "./cron.ts";
import { diagnose } from "./diagnosis.ts";
import { checkVersion } from "./version.ts";

const EXTENSIONS = ["pg_cron", "pg_net", "pgcrypto", "pgmq", "supabase_vault"];
const LOWEST_POSTGRES = 15;
/** A quarter of how far a JWT's times may be ahead. */
const MAX_SKEW_MS = 15_000;

/** Checks the deployment; returns whether it can accept alerts at all. */
export async function checkDeployment(
  project: Project,
  { check }: Report,
): Promise<boolean> {
  let answer: Diagnosis | undefined;
  await check("Functions", () => checkHealth(project.url)) &&
    await check("Secret key", async () => {
      answer = await diagnose(project);
      return "is accepted";
    });
  if (!answer) return false;
  const diagnosis = answer;
  await check("Version", () => checkVersion(diagnosis));
  await check("Postgres", () => checkPostgres(diagnosis));
  await check("Extensions", () => checkExtensions(diagnosis));
  await check("Migrations", () => checkMigrations(diagnosis));
  await check("Cron", () => checkCron(project));
  await check("Monitor", () => checkMonitor(project));
  const isVaultWhole = await check("Vault", () => checkVault(diagnosis));
  await check("Key sets", () => checkKeySets(diagnosis));
  await check("Dispatch", () => checkDispatch(project));
  await check("Clocks", () => checkClocks(project));
  const isReached = await check(
    "Public URL",
    () => checkPublicUrl(project, diagnosis),
  );
  return isVaultWhole && isReached;
}

function checkPostgres({ postgres }: Diagnosis): string {
  if (parseInt(postgres) >= LOWEST_POSTGRES) return postgres;
  throw new Unhealthy(
    `is ${postgres}`,
    `upgrade to ${LOWEST_POSTGRES} or newer`,
  );
}

function checkExtensions({ extensions }: Diagnosis): string {
  const missing = EXTENSIONS.filter((name) => !(name in extensions));
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not installed`,
      "enable it in Studio, Database → Extensions",
    );
  }
  return EXTENSIONS.map((name) => `${name} ${extensions[name]}`).join(", ");
}

async function checkMigrations({ migrations }: Diagnosis): Promise<string> {
  const files = await Array.fromAsync(Deno.readDir(MIGRATIONS_DIR));
  const ours = new Map(files.map(({ name }) => [name.split("_")[0]!, name]));
  const applied = new Set(migrations);
  const missing = [...ours].filter(([version]) => !applied.has(version))
    .map(([, name]) => name).sort();
  if (missing.length) {
    throw new Unhealthy(
      `${missing.join(", ")} not applied`,
      "supabase db push",
    );
  }
  return `all ${ours.size} are applied`;
}

function checkVault({ vault: { missing, unreadable } }: Diagnosis): string {
  const findings = [
    ...missing.map((name) => `lacks the ${name}`),
    ...unreadable.map((name) => `cannot read the ${name}`),
  ];
  if (findings.length === 0) return "every secret can be read";
  throw new Unhealthy(
    findings.join(", "),
    "restore the project with Vault's root key; or make new ones: POST /provision/universal/rotate and " +
      "/provision/strategies/SLUG/rotate (URLs change), select private.make_wake_key() for the wake key",
  );
}

function checkKeySets({ unusable_keys: keys }: Diagnosis): string {
  if (keys.length === 0) return "every key can be used";
  throw new Unhealthy(
    keys.join(", "),
    "replace or remove it in strategies.jwks, or set the sender's keys with provision, which checks them",
  );
}

/** Compares three clocks: the functions check signatures by theirs, the database by its own, and this machine signs. */
async function checkClocks(project: Project): Promise<string> {
  const sentAt = Date.now();
  const { now, clock_skew_ms: skew, round_trip_ms: trip } = await diagnose(
    project,
  );
  const answeredAt = Date.now();
  const here = (sentAt + answeredAt) / 2 - Date.parse(now);
  const finding = `the database is ${
    inWords(skew, trip)
  } the functions, this machine ${
    inWords(here, answeredAt - sentAt)
  } the database`;
  if (Math.abs(skew) - trip / 2 > MAX_SKEW_MS) {
    throw new Unhealthy(
      finding,
      "signatures and tokens are checked by both clocks: report it to the platform",
    );
  }
  if (Math.abs(here) - (answeredAt - sentAt) / 2 > MAX_SKEW_MS) {
    throw new Unhealthy(
      finding,
      "set this machine's clock: doctor signs its alerts by it",
    );
  }
  return finding;
}

function inWords(skewMs: number, roundTripMs: number): string {
  const direction = skewMs < 0 ? "behind" : "ahead of";
  const error = Math.ceil(roundTripMs / 2);
  return `${Math.round(Math.abs(skewMs))} ms (± ${error}) ${direction}`;
}
