/** The deploy workflow: the order of its steps, and what it says where it stops. */
import assert from "node:assert/strict";
import { readWorkflows } from "./workflows.ts";

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
