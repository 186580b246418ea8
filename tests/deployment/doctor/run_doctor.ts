/** Runs `deno task doctor` on a stack, for the tests of this folder. */
import assert from "node:assert/strict";
import type { Sql } from "postgres";
import type { Stack } from "../../../scripts/local/stack.ts";

/** A stack that doctor examines, and a connection to its database. */
export interface StackUnderTest {
  stack: Stack;
  sql: Sql;
}

interface Outcome {
  code: number;
  lines: string[];
}

/** Runs doctor on a project, with these arguments. */
export async function doctor(
  { apiUrl, secretKey }: Pick<Stack, "apiUrl" | "secretKey">,
  ...args: string[]
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "scripts/doctor.ts", ...args],
    env: {
      "SUPABASE_URL": apiUrl,
      "SUPABASE_SECRET_KEY": secretKey,
      "NO_COLOR": "1",
    },
  }).output();
  const text = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  return { code, lines: text.trimEnd().split("\n") };
}

/** The lines of what failed. */
export function failures({ lines }: Outcome): string[] {
  return lines.filter((line) => line.startsWith("✗"));
}

/** Runs `break_`, doctor, and `mend`; what failed meanwhile. */
export async function failuresWhile(
  stack: Stack,
  break_: () => Promise<unknown>,
  mend: () => Promise<unknown>,
): Promise<string[]> {
  await break_();
  try {
    const outcome = await doctor(stack);
    assert.equal(outcome.code, 1, outcome.lines.join("\n"));
    return failures(outcome);
  } finally {
    await mend();
  }
}

/** Everything that a run may leave behind, but for the strategy Doctor itself. */
export async function traces(sql: Sql): Promise<Record<string, unknown>> {
  const [row] = await sql`
    select
      (select array_agg(name || ' ' || status order by name) from strategies) as strategies,
      (select queue_length::int from pgmq.metrics((select target from routes where kind = 'queue'))) as messages,
      (select count(*)::int from dispatches where status = 'pending') as dispatches,
      (select count(*)::int from signals where strategy_id <> (select id from strategies where name = 'Doctor')) as signals,
      (select count(*)::int from incidents where status <> 'resolved') as incidents,
      (select array_agg(target order by target) from routes where enabled) as routes`;
  return { ...row };
}
