/** Several isolates of `webhook` at once, and secrets that are rotated under load. */
import { z } from "zod";
import { rotateSecret } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import { strategyPath } from "../../../supabase/functions/_shared/provision_api/client.ts";
import { openProvision } from "../../cli/project.ts";
import type { Fault, Stage, StagedStrategy } from "../stage/fault.ts";
import { startWebhook } from "../stage/isolate.ts";
import { pause } from "../stage/waiting.ts";

const RECOVERS_MS = 1000;
const OVERLAP_MS = 500;
const STORM = 500;

const nothing = () => Promise.resolve();

/** Sends every other alert to an isolate of its own. */
async function splitLoad(
  stage: Stage,
  resources: AsyncDisposableStack,
): Promise<void> {
  const second = await startWebhook(stage.subject, {}, resources);
  stage.redirect = (url, n) => n % 2 ? url : second(url);
}

/** Rotates, lets both secrets work for a while, and revokes the old one. */
async function rotateOnce(
  { subject }: Stage,
  strategy: StagedStrategy,
): Promise<void> {
  const provision = openProvision(subject.project);
  const { urls } = await rotateSecret(provision, strategy.slug);
  const old = strategy.current;
  strategy.original = old;
  strategy.current = { url: urls.dedicated, isDead: false };
  await pause(OVERLAP_MS);
  await provision.call(z.unknown(), `${strategyPath(strategy.slug)}/revoke`, {
    method: "POST",
  });
  old.isDead = true;
}

function rotate(times: number): Fault {
  return {
    family: "isolates",
    name: `${times} rotations of each secret, two isolates`,
    durationMs: 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: times < 5,
    keepsCredentials: true,
    prepare: splitLoad,
    inject: async (stage) => {
      for (let n = 0; n < times; n++) {
        await Promise.all(
          stage.strategies.map((strategy) => rotateOnce(stage, strategy)),
        );
      }
    },
    heal: nothing,
  };
}

/** Sends one alert again and again over both isolates: that it becomes one signal is in the ledger. */
async function storm(stage: Stage): Promise<void> {
  const body = JSON.stringify({ signal: "BUY", id: crypto.randomUUID() });
  await Promise.all(
    Array.from({ length: STORM }, () => stage.send("Storm", body)),
  );
}

export const ISOLATES: Fault[] = [
  {
    family: "isolates",
    name: `two isolates, and one alert ${STORM} times at once`,
    durationMs: 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: true,
    prepare: splitLoad,
    inject: storm,
    heal: nothing,
  },
  rotate(3),
  rotate(20),
];
