/** The operators' channels: an own dispatch process, which knows sinks as Telegram and as webhook. */
import type { Sql } from "postgres";
import { startIsolate } from "../../support/isolate.ts";
import { SECRET_KEY } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";

export interface Operators extends AsyncDisposable {
  telegram: ReturnType<typeof startSink>;
  webhook: ReturnType<typeof startSink>;
  /** Wakes the process: it sends what is due. */
  wake(): Promise<void>;
}

/** Starts the channels; messages of other tests are not sent on them. */
export async function startOperators(
  sql: Sql,
  adminIds = "11",
): Promise<Operators> {
  await sql`select private.monitor()`;
  await sql`update notifications set is_fanned_out = true`;
  const telegram = startSink();
  const webhook = startSink();
  const isolate = await startIsolate("dispatch", {
    "TELEGRAM_BOT_TOKEN": "123:abc",
    "TELEGRAM_ADMIN_IDS": adminIds,
    "TELEGRAM_API_ROOT": telegram.url,
    "OPERATOR_WEBHOOK_URL": webhook.url,
  });
  return {
    telegram,
    webhook,
    wake: () => wake(isolate),
    async [Symbol.asyncDispose]() {
      await isolate[Symbol.asyncDispose]();
      await telegram[Symbol.asyncDispose]();
      await webhook[Symbol.asyncDispose]();
    },
  };
}

/** Wakes a dispatch process, so that it notifies. */
export async function wake(
  isolate: { at(url: string): string },
): Promise<void> {
  const response = await fetch(isolate.at("http://x/functions/v1/dispatch"), {
    method: "POST",
    headers: { apikey: SECRET_KEY },
    body: '{"notify": true}',
  });
  await response.body?.cancel();
}

/** Runs a test while cron wakes nobody: the stack's own dispatch process knows no channel. */
export async function withoutCron(
  sql: Sql,
  test: () => Promise<void>,
): Promise<void> {
  const set = (active: boolean) =>
    sql`select cron.alter_job(jobid, active => ${active}) from cron.job where jobname = 'webhooks-wake-dispatch'`;
  await set(false);
  try {
    await test();
  } finally {
    await set(true);
  }
}

/** Does it again until it shows, for ten seconds. */
export async function waitFor(
  act: () => Promise<void>,
  shows: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 10_000;
  await act();
  while (!await shows()) {
    if (performance.now() > deadline) throw new Error("Waited in vain");
    await new Promise((next) => setTimeout(next, 50));
    await act();
  }
}
