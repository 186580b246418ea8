/** A deployment pushes migrations first: the functions of the last release run with the schema of this folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_DIR } from "../../../scripts/cli/paths.ts";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { startProject } from "../restore/restored_project.ts";

async function git(...args: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const { success, stdout } = await new Deno.Command("git", {
    args,
    cwd: PROJECT_DIR,
  }).output();
  return success ? stdout : new Uint8Array();
}

/** Returns the tag of the release before this commit; empty if there is none here. */
async function lastRelease(): Promise<string> {
  const tags = await git(
    "tag",
    "--list",
    "v*",
    "--no-contains=HEAD",
    "--sort=-version:refname",
  );
  return new TextDecoder().decode(tags).split("\n")[0]!;
}

/** Writes the functions of a release into a folder, and returns theirs. */
async function checkOut(release: string, dir: string): Promise<string> {
  const archive = join(dir, "release.tar");
  const paths = ["supabase/functions", "supabase/config.toml"];
  await git("archive", `--output=${archive}`, release, ...paths);
  const { success } = await new Deno.Command("tar", {
    args: ["-xf", archive, "-C", dir],
  }).output();
  assert.ok(success, `The functions of ${release} cannot be read`);
  return join(dir, "supabase/functions");
}

const release = await lastRelease();
const name = release || "the last release (there is no tag of one here)";

Deno.test(`the functions of ${name} run with this schema`, {
  ignore: release === "",
}, async (t) => {
  await using cleanup = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir();
  cleanup.defer(() => Deno.remove(dir, { recursive: true }));
  await using sink = startSink();
  await using project = await startProject({
    functionsDir: await checkOut(release, dir),
  });
  const { call, stack } = project;
  const work = async (path: string, key: unknown, body: unknown) => {
    const url = `${stack.apiUrl}/functions/v1/worker/${path}`;
    const response = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const { status, body } = await call("POST", "/strategies", {
    name: "Released",
    queue: true,
    routes: [{ kind: "http", target: sink.url }],
  });

  await t.step("register a strategy, and take its alerts", async () => {
    assert.equal(status, 201);
    const { dedicated } = (body as unknown as Kit).urls;
    const statuses: number[] = [];
    for (const alert of ["BUY", "BUY", "nonsense"]) {
      statuses.push((await send(dedicated, alert)).status);
    }
    assert.deepEqual(statuses, [202, 200, 400]);
  });
  await t.step("deliver signals to URLs", async () => {
    await until(() => sink.deliveries.length > 0, "a delivery");
  });
  await t.step("hand signals out to workers", async () => {
    const { body: { key } } = await call("POST", "/workers", {
      name: "mt5",
      queues: ["released"],
    });
    const claimed = await work("claim", key, {});
    const { queue, message_id, receipt } = claimed.body.signals[0];
    const settled = { queue, message_id, receipt };
    assert.equal((await work("complete", key, settled)).status, 200);
  });
  await t.step("rotate secrets, and show what came", async () => {
    const answers = await Promise.all([
      call("POST", "/strategies/released/rotate"),
      call("GET", "/signals?strategy=released"),
      call("GET", "/health"),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200, 200]);
  });
});
