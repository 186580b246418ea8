/** Examples of workers that are killed: nothing is lost, nothing is executed twice. */
import assert from "node:assert/strict";
import { abortable } from "../../supabase/functions/_shared/http/deadline.ts";
import { startApiProxy } from "../support/isolate.ts";
import { API_URL, send } from "../support/project.ts";
import { withWorker } from "../worker/worker.ts";
import { install, PROGRAMS, untilSettled } from "./programs.ts";

const SYMBOLS = 10;
const SIGNALS = 200;

interface Kill {
  call: string;
  /** Which of these calls. */
  nth: number;
  /** Whether the router gets the call first. */
  isPassedOn: boolean;
}

const KILLS: Kill[] = [
  // Its order is placed, and the signal not settled.
  { call: "complete", nth: 40, isPassedOn: false },
  // The signal is settled, and the answer lost.
  { call: "complete", nth: 90, isPassedOn: true },
  // The signal is leased, and the answer lost.
  { call: "claim", nth: 130, isPassedOn: true },
];

async function sendAll(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let first = 0; first < SIGNALS; first += 20) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        send(
          url,
          JSON.stringify({
            action: "enter_long",
            symbol: `S${n % SYMBOLS}`,
            quantity: 1,
            price: first + n,
          }),
        )),
    );
    ids.push(...answers.map(({ body }) => `${body.signal_id}`));
  }
  return ids.sort();
}

for (const program of PROGRAMS) {
  Deno.test({
    name:
      `the example for ${program.name}, killed amid 200 signals, executes each once, and waits for no lease`,
    ignore: !program.isHere,
    fn: async () => {
      await using proxy = startApiProxy();
      const { kit, key, queue } = await withWorker();
      await using example = await install(program, {
        "SUPABASE_URL": proxy.url,
        "SUPABASE_PUBLISHABLE_KEY": "none",
        "WORKER_KEY": key,
      });
      const sent = await sendAll(kit.urls.dedicated);
      let running = example.start();
      const counts: Record<string, number> = {};
      proxy.before = async (name, { method, headers, text }) => {
        const nth = counts[name] = (counts[name] ?? 0) + 1;
        const kill = KILLS.find((kill) =>
          kill.call === name && kill.nth === nth
        );
        if (!kill) return;
        if (kill.isPassedOn) {
          const url = `${API_URL}/functions/v1/worker/${name}`;
          await (await fetch(url, { method, headers, body: text })).text();
        }
        running.kill("SIGKILL");
        return new Response("", { status: 503 });
      };
      for (const _ of KILLS) {
        await abortable(running.status, AbortSignal.timeout(60_000));
        example.tearBook();
        running = example.start();
      }
      const outcomes = await untilSettled(queue, SIGNALS);
      assert.deepEqual(
        {
          executed: example.orders().map(({ order_id }) => order_id).sort(),
          outcomes: [
            ...new Set(outcomes.map((one) => `${one.outcome} ${one.reads}`)),
          ],
        },
        { executed: sent, outcomes: ["completed 1"] },
      );
    },
  });
}
