import assert from "node:assert/strict";
import { startSink } from "../../support/sink.ts";
import { doctor, failures, type StackUnderTest, traces } from "./run_doctor.ts";

/** Doctor delivers to a target on request, and cleans up; one runs at a time. */
export async function deliverySteps(
  t: Deno.TestContext,
  { stack, sql }: StackUnderTest,
): Promise<void> {
  await t.step("cleans up when it is interrupted", async () => {
    await using sink = startSink();
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    sink.answer = async () => {
      asked.resolve();
      await release.promise;
      return new Response();
    };
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "scripts/doctor.ts"],
        ...["--target", sink.url],
      ],
      env: {
        "SUPABASE_URL": stack.apiUrl,
        "SUPABASE_SECRET_KEY": stack.secretKey,
      },
      stdout: "null",
    }).spawn();
    await asked.promise;
    child.kill("SIGINT");
    release.resolve();
    assert.equal((await child.status).code, 130);
    const { strategies, messages, routes } = await traces(sql);
    assert.deepEqual(strategies, ["Doctor archived"]);
    assert.equal(messages, 0);
    assert.equal((routes as string[]).length, 1);
  });

  await t.step("delivers to a target if it is asked to", async () => {
    await using sink = startSink();
    const outcome = await doctor(stack, "--target", sink.url);
    assert.equal(outcome.code, 0, outcome.lines.join("\n"));
    assert.equal(sink.deliveries.length, 1);
    const rows = await sql`select from routes where kind = 'http'`;
    assert.equal(rows.length, 0);
  });

  await t.step("says why a target did not take it", async () => {
    await using sink = startSink();
    sink.answer = () => new Response("no", { status: 418 });
    const [line] = failures(await doctor(stack, "--target", sink.url));
    assert.match(line!, /^✗ Delivery: Target answered 418: no →/);
  });

  await t.step("refuses while another doctor is at work", async () => {
    await sql`update strategies set status = 'active' where name = 'Doctor'`;
    const [line] = failures(await doctor(stack));
    assert.match(line!, /^✗ Strategy Doctor: Another doctor is at work/);
    await sql`update strategies set status = 'archived' where name = 'Doctor'`;
  });

  await t.step("lets one of ten that start at once run", async () => {
    const ask = (method: string) =>
      fetch(`${stack.apiUrl}/functions/v1/provision/doctor`, {
        method,
        headers: { apikey: stack.secretKey },
      }).then(async (response) => {
        await response.body?.cancel();
        return response.status;
      });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => ask("POST")),
    );
    assert.deepEqual(statuses.sort(), [201, ...Array(9).fill(409)]);
    assert.equal(await ask("DELETE"), 204);
  });
}
