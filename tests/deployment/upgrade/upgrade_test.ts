/** The next release is deployed under load: its migrations come first, while these functions still run. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MIGRATIONS_DIR } from "../../../scripts/cli/paths.ts";
import { migrate } from "../../../scripts/local/postgres/migrate.ts";
import { type Answer, send, until } from "../../support/project.ts";
import { countRows, fill, shrunken } from "../restore/fill.ts";
import { startProject } from "../restore/restored_project.ts";

const NEXT_DIR = join(import.meta.dirname!, "next");
const SENDERS = 4;
/** The load goes on for so many alerts before, and after, the migrations. */
const ALERTS = 40;

type Project = Awaited<ReturnType<typeof startProject>>;

/** Sends alerts that all differ until it is stopped; returns how each was answered. */
function startLoad(url: string) {
  const answers: Answer[] = [];
  let isStopped = false;
  async function sender(place: number): Promise<void> {
    for (let n = 0; !isStopped; n++) {
      answers.push(await send(url, `{"signal":"BUY","price":${place}.${n}1}`));
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, place) => sender(place));
  return {
    answers,
    more: async (count: number) => {
      const enough = answers.length + count;
      await until(() => answers.length >= enough, `${count} more answers`);
    },
    stop: async () => {
      isStopped = true;
      await Promise.all(senders);
    },
  };
}

function idsOf(answers: Answer[]): string[] {
  return answers.map(({ body }) => body.signal_id as string);
}

/** Applies the migrations of the next release, after those of this one. */
async function upgrade({ stack }: Project): Promise<void> {
  const dir = await Deno.makeTempDir();
  await cp(MIGRATIONS_DIR, dir, { recursive: true });
  await cp(NEXT_DIR, dir, { recursive: true });
  const count = await migrate(stack.dbPort, dir);
  await Deno.remove(dir, { recursive: true });
  assert.equal(count, 2);
}

Deno.test("a release that is deployed under load", async (t) => {
  await using project = await startProject();
  const { sql } = project;
  const kit = await fill(project);
  const counts = await countRows(sql);
  await t.step("meets rows in every table", () => {
    const empty = [...counts].filter(([, count]) => count === 0);
    assert.deepEqual(empty, []);
  });

  const load = startLoad(kit.urls.dedicated);
  await load.more(ALERTS);
  await upgrade(project);
  await load.more(ALERTS);
  await load.stop();
  const { answers } = load;

  await t.step("refuses no alert", () => {
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses], [202]);
  });
  await t.step("loses no signal", async () => {
    const ids = idsOf(answers);
    const [stored] = await sql`
      select count(*)::int as n from signals where id = any (${ids})`;
    assert.equal(stored!.n, ids.length);
  });
  await t.step("loses no row of any table", async () => {
    assert.deepEqual(shrunken(counts, await countRows(sql)), []);
  });
  await t.step("hands each signal to its queue", async () => {
    const unqueued = await sql`
      select signal_id from unnest(${idsOf(answers)}::uuid[]) as signal_id
      where not exists (
        select from pgmq.q_queued where message ->> 'signal_id' = signal_id::text)`;
    assert.equal(unqueued.length, 0);
  });
  await t.step(
    "fills the new column of every row, older or newer",
    async () => {
      const unfilled = await sql`
      select from signals where venue is null and id = any (${idsOf(answers)})`;
      assert.equal(unfilled.length, 0);
    },
  );
  await t.step("is served by the functions of the release before", async () => {
    const { status, body } = await project.call(
      "GET",
      "/strategies/queued?reveal=true",
    );
    assert.equal(status, 200, JSON.stringify(body));
    const { body: mode } = await project.call("PUT", "/mode", {
      mode: "exits_only",
    });
    assert.equal(mode.mode, "exits_only");
  });
});
