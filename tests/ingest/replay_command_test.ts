import assert from "node:assert/strict";
import { PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { API_URL, SECRET_KEY, until } from "../support/project.ts";
import { startSink } from "../support/sink.ts";
import { delivered, signalsAt } from "./replays.ts";

async function command(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/replay_signals.ts", ...args],
    cwd: PROJECT_DIR,
    env: { "SUPABASE_URL": API_URL, "SUPABASE_SECRET_KEY": SECRET_KEY },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("replay_signals.ts replays a strategy's signals and says how many", async () => {
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 2);
  const { code, stdout } = await command("--strategy", kit.strategy.slug);
  await until(() => sink.deliveries.length === 2, "two deliveries");
  assert.equal(code, 0);
  assert.match(stdout, /^2 signals are replayed as [0-9a-f-]{36}$/);
  assert.deepEqual(signalsAt(sink), ids.sort());
});

Deno.test("replay_signals.ts goes on with a replay, and sends nothing twice", async () => {
  await using sink = startSink();
  const { kit, ids } = await delivered(sink, 2);
  const first = await command("--strategy", kit.strategy.slug);
  const [id] = /[0-9a-f-]{36}$/.exec(first.stdout)!;
  const { code, stdout } = await command("--continue", id);
  await until(() => sink.deliveries.length === 2, "two deliveries");
  assert.deepEqual([code, stdout], [0, first.stdout]);
  assert.deepEqual(signalsAt(sink), ids.sort());
});

for (
  const [why, args, sentence] of [
    ["nothing is chosen", [], /^Cannot replay everything: .+$/],
    [
      "a status is unknown",
      ["--status", "lost"],
      /^Cannot use --status lost: choose .+$/,
    ],
    ["an id is none", ["not-an-id"], /^Cannot replay: signal_ids\.0: .+$/],
    [
      "no strategy has the name",
      ["--strategy", "Nobody at all"],
      /^Cannot replay: .*Nobody at all.*$/,
    ],
  ] as const
) {
  Deno.test(`replay_signals.ts says in one sentence that ${why}`, async () => {
    const { code, stdout, stderr } = await command(...args);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, sentence);
  });
}
