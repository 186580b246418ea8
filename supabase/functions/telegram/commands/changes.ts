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
import { ALL, type Choice } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";
import { showUrl, titleOf } from "./strategies.ts";

/** A question, and the button that confirms the change. */
export interface Confirmation {
  question: string;
  /** The button's label. */
  button: string;
  choice: Choice;
}

const MAX_CONCURRENT_CHANGES = 8;

export async function askToRotate(
  { argument, provision }: CommandContext,
): Promise<Confirmation> {
  const strategy = await findStrategy(provision, argument);
  return {
    question: `Rotate the secret of ${titleOf(strategy)}? ` +
      "It gets a new URL; the previous one works for another 24 hours.",
    button: "Rotate",
    choice: { answer: "rotate", target: strategy.slug },
  };
}

export async function askToPause(
  { argument, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  if (argument.toLowerCase() === "all") {
    return {
      question: "Pause all active strategies? " +
        "Their signals are recorded, but not dispatched.",
      button: "Pause all",
      choice: { answer: "pause", target: ALL },
    };
  }
  const strategy = await findStrategy(provision, argument);
  if (strategy.status !== "active") return [alreadyIs(strategy)];
  return {
    question: `Pause ${titleOf(strategy)}? ` +
      "Its signals are recorded, but not dispatched.",
    button: "Pause",
    choice: { answer: "pause", target: strategy.slug },
  };
}

/** Resumes one strategy at once; to resume all of them has to be confirmed. */
export async function resume(
  { argument, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  if (argument.toLowerCase() === "all") {
    return {
      question: "Resume all paused strategies?",
      button: "Resume all",
      choice: { answer: "resume", target: ALL },
    };
  }
  const strategy = await findStrategy(provision, argument);
  if (strategy.status !== "paused") return [alreadyIs(strategy)];
  await setStatus(provision, strategy, "active");
  return [`Resumed ${titleOf(strategy)}`];
}

/** Carries out a confirmed change. */
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
      return await switchStatus(provision, target, "active", "paused");
    case "resume":
      return await switchStatus(provision, target, "paused", "active");
  }
}

type Status = "active" | "paused";

/** Strategies with another status, such as archived ones, stay as they are. */
async function switchStatus(
  provision: ProvisionClient,
  target: string,
  from: Status,
  to: Status,
): Promise<Piece[]> {
  const done = to === "paused" ? "Paused" : "Resumed";
  if (target !== ALL) {
    const strategy = await findStrategy(provision, target);
    if (strategy.status !== from) return [alreadyIs(strategy)];
    await setStatus(provision, strategy, to);
    return [`${done} ${titleOf(strategy)}`];
  }
  const strategies = (await listStrategies(provision))
    .filter(({ status }) => status === from);
  if (!strategies.length) return [`No strategy is ${from}`];
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
  const summary = `${done} ${count} of ${strategies.length} strategies`;
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
