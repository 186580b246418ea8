/**
 * Changes that could cost money if made by mistake: they are carried out when a button confirms them.
 *
 * @module
 */
import {
  findStrategy,
  listStrategies,
  rotateSecret,
} from "../../_shared/provision_api/calls.ts";
import {
  type ProvisionClient,
  ProvisionError,
  strategyPath,
} from "../../_shared/provision_api/client.ts";
import {
  type Strategy,
  strategyAnswerSchema,
} from "../../_shared/provision_api/strategy.ts";
import { ALL, type Choice, type Confirmation } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";
import { readMode, setMode, WHAT_PAUSED_DROPS } from "./halt.ts";
import { showUrl, titleOf } from "./strategies.ts";
import { sendTest, testAll, testRoute } from "./test_alert.ts";
import { WORKER_CHANGES } from "./workers.ts";

const MAX_CONCURRENT_CHANGES = 8;

export async function askToRotate(
  { argument, provision }: CommandContext,
): Promise<Confirmation> {
  const strategy = await findStrategy(provision, argument);
  return {
    question: `Rotate the secret of ${titleOf(strategy)}? ` +
      "It gets a new URL; the previous one works for another 24 hours.",
    target: strategy.slug,
    buttons: [{ label: "Rotate", answer: "rotate" }],
  };
}

export async function askToPause(
  { argument, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  if (argument.toLowerCase() === "all") {
    return {
      question: "Pause all active strategies? " +
        "Their signals are recorded, but not dispatched, closes neither; " +
        "/halt lets closes through.",
      target: ALL,
      buttons: [{ label: "Pause all", answer: "pause" }],
    };
  }
  const strategy = await findStrategy(provision, argument);
  const { status, slug } = strategy;
  if (status !== "active" && status !== "exits_only") {
    return [alreadyIs(strategy)];
  }
  return {
    question: `Pause ${titleOf(strategy)}? ${WHAT_PAUSED_DROPS}`,
    target: slug,
    buttons: [
      ...status === "active" ? [EXITS_ONLY] : [],
      { label: "Pause", answer: "pause" },
    ],
  };
}

const EXITS_ONLY = { label: "Exits only", answer: "exits_only" } as const;

/** Resumes one strategy at once; to resume the router or all strategies has to be confirmed. */
export async function resume(
  { argument, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  if (argument.toLowerCase() === "all") {
    const mode = await readMode(provision);
    if (mode !== "active") {
      return {
        question: `Resume the router, whose mode is ${mode}? ` +
          "Strategies that were paused by themselves stay paused.",
        target: ALL,
        buttons: [{ label: "Resume", answer: "end_halt" }],
      };
    }
    return {
      question:
        "Resume all strategies that are paused or let only exits through?",
      target: ALL,
      buttons: [{ label: "Resume all", answer: "resume" }],
    };
  }
  const strategy = await findStrategy(provision, argument);
  if (!STOPPED.includes(strategy.status)) return [alreadyIs(strategy)];
  await setStatus(provision, strategy, "active");
  const mode = await readMode(provision);
  const halted = mode === "active"
    ? ""
    : `; the router's mode is still ${mode}: /resume all`;
  return [`Resumed ${titleOf(strategy)}${halted}`];
}

/** Carries out what a button confirms. */
export async function carryOut(
  { answer, target }: Choice,
  { provision, isPrivate }: Omit<CommandContext, "argument">,
): Promise<Piece[]> {
  switch (answer) {
    case "cancel":
      return ["Cancelled: nothing was changed"];
    case "rotate": {
      const kit = await rotateSecret(provision, target);
      const title = titleOf(kit.strategy);
      return [`Rotated ${title}.\n\n`, ...showUrl(kit, isPrivate)];
    }
    case "pause":
      return await switchStatus(provision, target, "paused");
    case "exits_only":
      return await switchStatus(provision, target, "exits_only");
    case "resume":
      return await switchStatus(provision, target, "active");
    case "halt_entries":
      return await setMode(provision, "exits_only");
    case "halt_all":
      return await setMode(provision, "paused");
    case "end_halt":
      return await setMode(provision, "active");
    case "test_router":
      return await sendTest(provision, target, []);
    case "test_route":
      return await testRoute(provision, target);
    case "test_all":
      return await testAll(provision, target);
    case "rotate_worker":
    case "end_old_key":
    case "delete_worker":
      return await WORKER_CHANGES[answer](provision, target, isPrivate);
  }
}

type Status = Strategy["status"];
/** The statuses that a strategy is resumed from. */
const STOPPED: Status[] = ["paused", "exits_only"];
/** The statuses that each change starts from; strategies with another, such as archived ones, stay as they are. */
const FROM = {
  active: STOPPED,
  exits_only: ["active"],
  paused: ["active", "exits_only"],
} satisfies Partial<Record<Status, Status[]>>;
const DONE = {
  active: "Resumed",
  exits_only: "Only exits pass now:",
  paused: "Paused",
};

async function switchStatus(
  provision: ProvisionClient,
  target: string,
  to: keyof typeof FROM,
): Promise<Piece[]> {
  const from: Status[] = FROM[to];
  if (target !== ALL) {
    const strategy = await findStrategy(provision, target);
    if (!from.includes(strategy.status)) return [alreadyIs(strategy)];
    await setStatus(provision, strategy, to);
    return [`${DONE[to]} ${titleOf(strategy)}`];
  }
  const strategies = (await listStrategies(provision))
    .filter(({ status }) => from.includes(status));
  if (!strategies.length) return [`No strategy is ${from.join(" or ")}`];
  const remaining = [...strategies];
  const failures: string[] = [];
  const work = async () => {
    for (let next = remaining.shift(); next; next = remaining.shift()) {
      const { slug } = next;
      await setStatus(provision, next, to).catch((error) => {
        if (!(error instanceof ProvisionError)) throw error;
        failures.push(`${slug}: ${error.message}`);
      });
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_CHANGES }, work));
  const count = strategies.length - failures.length;
  const summary = `${DONE[to]} ${count} of ${strategies.length} strategies`;
  return [[summary, ...failures].join("\n")];
}

async function setStatus(
  provision: ProvisionClient,
  { slug }: Strategy,
  status: Status,
): Promise<void> {
  await provision.call(strategyAnswerSchema, strategyPath(slug), {
    method: "PATCH",
    body: { status },
  });
}

function alreadyIs(strategy: Strategy): string {
  return `${titleOf(strategy)} is ${strategy.status}: nothing was changed`;
}
