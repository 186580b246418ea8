/** Checks the workflows: all that they call exists. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import denoJson from "../../../deno.json" with { type: "json" };
import { FUNCTIONS_DIR, PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import { listFunctions } from "../../../scripts/local/platform/config.ts";
import { selectTests } from "../../run_e2e.ts";
import { CLI_VERSION, faultsOf, readHelp } from "./supabase_help.ts";
import {
  cliCalls,
  commandOf,
  type Permissions,
  readLines,
  readWorkflows,
  scriptsOf,
  stepsOf,
} from "./workflows.ts";

const WORKFLOWS = readWorkflows();
const STEPS = stepsOf(WORKFLOWS);
const SCRIPTS = scriptsOf(STEPS);
const CALLS = SCRIPTS.flatMap(({ at, run }) =>
  cliCalls(run).map((call) => ({ at, call }))
);

/** Calls that the CLI refuses, with the reason. */
const WRONG: [call: string, fault: string][] = [
  ["db pusch --yes", "db pusch is no command"],
  ["db push --linked", "db push has no --linked"],
  ["db push --remote $URL", "db push has no $URL"],
  ["db push --yes=1", "--yes takes no value"],
  ["db advisors --level debug", "--level cannot be debug"],
  ["db advisors --level", "--level needs a value"],
];

Deno.test("the CLI understands every call of the workflows, and no wrong one", async () => {
  const wrong = WRONG.map(([text, fault]) => ({
    call: text.split(" "),
    fault,
  }));
  const calls = [...CALLS, ...wrong].map(({ call }) => commandOf(call));
  const help = await readHelp([...new Set(calls)]);
  const faults = (call: string[]) => faultsOf(call, help.get(commandOf(call))!);
  assert.deepEqual(
    wrong.map(({ call }) => faults(call)),
    wrong.map(({ fault }) => [fault]),
  );
  assert.notEqual(CALLS.length, 0);
  const found = CALLS.flatMap(({ at, call }) =>
    faults(call).map((fault) => `${at}: ${fault}`)
  );
  assert.deepEqual(found, []);
});

Deno.test("bash understands every script", async () => {
  const faults = await Promise.all(SCRIPTS.map(async ({ at, run }) => {
    const { success, stderr } = await new Deno.Command("bash", {
      args: ["-n", "-c", run],
    }).output();
    return success ? [] : [at, new TextDecoder().decode(stderr)];
  }));
  assert.deepEqual(faults.flat(), []);
});

Deno.test("no expression is spliced into a script, where it would be code", () => {
  const spliced = SCRIPTS.filter(({ run }) => run.includes("${{"));
  assert.deepEqual(spliced, []);
});

Deno.test("every action is pinned to a commit, which says its version", () => {
  const lines = readLines().filter((line) => /\buses: (?!\.\/)/.test(line));
  assert.notEqual(lines.length, 0);
  assert.deepEqual(
    lines.filter((line) =>
      !/uses: [\w-]+(\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)
    ),
    [],
  );
});

Deno.test("a checkout leaves no credential behind for the steps that follow", () => {
  const checkouts = STEPS.filter(({ uses }) =>
    uses?.startsWith("actions/checkout@")
  );
  assert.deepEqual(
    checkouts.filter((step) => step.with?.["persist-credentials"] !== false),
    [],
  );
});

Deno.test("no package has another version, or other bytes, than deno.lock says", () => {
  assert.deepEqual(denoJson.lock, { path: "deno.lock", frozen: true });
});

/** Jobs whose token may do more than read the code. */
const MAY_MORE: Record<string, Permissions> = {
  "codeql.yml, analyze": { contents: "read", "security-events": "write" },
  "deploy.yml, release": { contents: "write" },
};

Deno.test("no job may do more in the repository than it needs", () => {
  for (const { file, permissions, jobs } of WORKFLOWS) {
    assert.deepEqual(permissions, { contents: "read" }, file);
    for (const [name, job] of Object.entries(jobs)) {
      const at = `${file}, ${name}`;
      assert.deepEqual(job.permissions, MAY_MORE[at], at);
    }
  }
});

Deno.test("every job that is called or needed exists", () => {
  for (const { jobs } of WORKFLOWS) {
    for (const { uses, needs } of Object.values(jobs)) {
      if (needs) assert.ok(needs in jobs, needs);
      if (!uses) continue;
      const file = uses.replace("./.github/workflows/", "");
      const called = WORKFLOWS.find((workflow) => workflow.file === file);
      assert.ok(called && "workflow_call" in called.on, uses);
    }
  }
});

Deno.test("nothing is deployed unless CI is green for the same commit", () => {
  const { jobs } = WORKFLOWS.find(({ file }) => file === "deploy.yml")!;
  const { needs = "" } = jobs["deploy"]!;
  assert.equal(jobs[needs]?.uses, "./.github/workflows/ci.yml");
});

Deno.test("the workflows use the Supabase CLI that the scripts use", () => {
  const versions = SCRIPTS.flatMap(({ run }) =>
    [...run.matchAll(/\bsupabase@(\S+)/g)].map(([, version]) => version)
  );
  assert.deepEqual([...new Set(versions)], [CLI_VERSION]);
});

Deno.test("the workflows use the Deno that .ci/run uses", () => {
  const versionsIn = (text: string) =>
    [...text.matchAll(/deno@([\d.]+)/g)].map(([, version]) => version);
  const wanted = Deno.readTextFileSync(join(PROJECT_DIR, ".ci/run"));
  const used = SCRIPTS.flatMap(({ run }) => versionsIn(run));
  assert.deepEqual([...new Set(used)], [...new Set(versionsIn(wanted))]);
});

Deno.test("every task that a workflow runs exists", () => {
  const tasks = SCRIPTS.flatMap(({ run }) =>
    [...run.matchAll(/deno(?:@\S+)? task (\S+)/g)].map(([, task = ""]) => task)
  );
  assert.notEqual(tasks.length, 0);
  assert.deepEqual(tasks.filter((task) => !(task in denoJson.tasks)), []);
});

Deno.test("Dependabot raises the packages of the project and of every function", async () => {
  const { updates } = parse(
    Deno.readTextFileSync(join(PROJECT_DIR, ".github/dependabot.yml")),
  );
  const { directories } = updates.find((
    update: { "package-ecosystem": string },
  ) => update["package-ecosystem"] === "deno");
  const functions = await listFunctions(FUNCTIONS_DIR);
  assert.deepEqual(
    directories.toSorted(),
    ["/", ...functions.map((name) => `/supabase/functions/${name}`)].toSorted(),
  );
});

Deno.test("every container that a script names is one of this project", () => {
  const config = Deno.readTextFileSync(
    join(PROJECT_DIR, "supabase/config.toml"),
  );
  const project = /^project_id = "(.*)"$/m.exec(config)![1];
  const names = SCRIPTS.flatMap(({ run }) =>
    run.match(/supabase_edge_runtime_[\w.-]+/g) ?? []
  );
  assert.deepEqual([...new Set(names)], [`supabase_edge_runtime_${project}`]);
});

Deno.test("the end-to-end tests for any project are those that start nothing of the local stack", () => {
  const { portable, local } = selectTests();
  const has = (files: string[], name: string) =>
    files.some((path) => path.endsWith(`/${name}_test.ts`));
  assert.ok(["webhook", "registration"].every((name) => has(portable, name)));
  // They import from `scripts/local/` directly, through one file and through two.
  assert.ok(
    ["neighbours", "catalog_cache", "commands"].every((name) =>
      has(local, name)
    ),
  );
});
