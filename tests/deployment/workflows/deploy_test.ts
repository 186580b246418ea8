/** The deploy workflow: the order of its steps, and what it says where it stops. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { blocksIn, readDocument } from "../../documents/markdown.ts";
import { cliCalls, commandOf, readWorkflows } from "./workflows.ts";

const { jobs } = readWorkflows().find(({ file }) => file === "deploy.yml")!;
const STEPS = jobs["deploy"]!.steps!;
const IDS = STEPS.flatMap(({ id }) => id ?? []);

/** Returns what the last step prints when another one has ended as said. */
async function report(outcomes: Record<string, string>): Promise<string> {
  const { run } = STEPS.at(-1)!;
  const { success, stdout } = await new Deno.Command("bash", {
    args: ["-e", "-c", run!],
    env: {
      OUTCOMES: IDS.map((id) => `${id}:${outcomes[id] ?? "skipped"}`).join(" "),
    },
  }).output();
  assert.ok(success);
  return new TextDecoder().decode(stdout);
}

Deno.test("migrations come before the functions, and the doctor last", () => {
  assert.deepEqual(IDS, [
    "link",
    "config",
    "migrations",
    "secrets",
    "functions",
    "telegram",
    "doctor",
  ]);
});

Deno.test("each step that fails is named, with a state of its own", async () => {
  const reports = await Promise.all(
    IDS.map((id) => report({ [id]: "failure" })),
  );
  assert.ok(
    reports.every((text, place) => text.includes(`stopped at ${IDS[place]}.`)),
  );
  assert.equal(new Set(reports).size, IDS.length);
});

Deno.test("a deployment that is cancelled names the step, and not those before it", async () => {
  const text = await report({
    link: "success",
    config: "success",
    migrations: "cancelled",
  });
  assert.match(text, /stopped at migrations\. The migrations before/);
});

Deno.test("a deployment that fails before its first step has changed nothing", async () => {
  assert.match(
    await report({}),
    /stopped at its preparation\. Nothing was changed\./,
  );
});

Deno.test("the state that is reported knows the outcome of every step", () => {
  const { OUTCOMES = "" } = STEPS.at(-1)!.env!;
  assert.deepEqual(
    OUTCOMES.trim().split(/\s(?=\w+:)/),
    IDS.map((id) => `${id}:\${{ steps.${id}.outcome }}`),
  );
});

/** Runs the step that tells Telegram the bot's address, and returns the commands that it ran. */
async function tellTelegram(functionsEnv: string): Promise<string> {
  const dir = await Deno.makeTempDir();
  const calls = `${dir}/calls`;
  await Deno.writeTextFile(calls, "");
  await Deno.writeTextFile(
    `${dir}/npx`,
    `#!/bin/sh\necho "$@" >> "$CALLS"\n`,
    { mode: 0o755 },
  );
  const { run } = STEPS.find(({ id }) => id === "telegram")!;
  const { success } = await new Deno.Command("bash", {
    args: ["-e", "-c", run!],
    env: {
      PATH: `${dir}:${Deno.env.get("PATH")}`,
      CALLS: calls,
      FUNCTIONS_ENV: functionsEnv,
      PROJECT_REF: "ref",
      RUNNER_TEMP: dir,
    },
  }).output();
  assert.ok(success);
  const text = await Deno.readTextFile(calls);
  await Deno.remove(dir, { recursive: true });
  return text;
}

Deno.test("Telegram is told the bot's address if there is a bot", async () => {
  assert.match(
    await tellTelegram("TELEGRAM_BOT_TOKEN=1:a\nTELEGRAM_ADMIN_IDS=1"),
    /set_telegram_webhook\.ts/,
  );
});

Deno.test("a project without a bot tells Telegram nothing", async () => {
  const example = await Deno.readTextFile(join(PROJECT_DIR, ".env.example"));
  assert.equal(await tellTelegram(example), "");
});

/** Returns the commands of the CLI in scripts, each with its flags. */
function commandsIn(scripts: string[]): string[] {
  return scripts.flatMap((script) => cliCalls(script)).map((call) => {
    const flags = call.filter((word) => word.startsWith("--"))
      .map((word) => word.split("=")[0]);
    return [commandOf(call), ...flags].join(" ");
  });
}

Deno.test("docs/operate.md deploys by hand with the workflow's commands, in its order", () => {
  const byHand = blocksIn(readDocument("operate.md"), "sh")
    .filter((block) => block.includes("supabase link"));
  const steps = STEPS.filter(({ id }) => id).map(({ run }) => run!);
  assert.deepEqual(commandsIn(byHand), commandsIn(steps));
});
