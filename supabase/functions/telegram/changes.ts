/**
 * Changes that may cost money if they were not meant: they ask first, and a button does them.
 *
 * @module
 */
import { z } from "zod";
import {
  findStrategy,
  listStrategies,
  rotate,
  type Strategy,
  titleOf,
} from "./catalog.ts";
import { ALL, type Choice } from "./confirmation.ts";
import type { Piece } from "./message.ts";
import { NotDone, type Provisioner, strategyPath } from "./provisioner.ts";
import { type Call, showUrl } from "./strategies.ts";

/** What is asked before a change; `button` is what its button says. */
export interface Question {
  ask: string;
  button: string;
  choice: Choice;
}

const UNDER_WAY_AT_ONCE = 8;

export async function askToRotate(
  { argument, provision }: Call,
): Promise<Question> {
  const strategy = await findStrategy(provision, argument);
  return {
    ask: `Rotate the secret of ${titleOf(strategy)}? ` +
      "It gets a new URL; the old one works for another 24 hours.",
    button: "Rotate",
    choice: { answer: "rotate", target: strategy.slug },
  };
}

export async function askToPause(
  { argument, provision }: Call,
): Promise<Question | Piece[]> {
  if (argument.toLowerCase() === "all") {
    return {
      ask: "Pause all active strategies? " +
        "Their signals are recorded and go nowhere.",
      button: "Pause all",
      choice: { answer: "pause", target: ALL },
    };
  }
  const strategy = await findStrategy(provision, argument);
  if (strategy.status !== "active") return [alreadyIs(strategy)];
  return {
    ask: `Pause ${titleOf(strategy)}? ` +
      "Its signals are recorded and go nowhere.",
    button: "Pause",
    choice: { answer: "pause", target: strategy.slug },
  };
}

/** One strategy goes on at once; all of them only when that is confirmed. */
export async function resume(
  { argument, provision }: Call,
): Promise<Question | Piece[]> {
  if (argument.toLowerCase() === "all") {
    return {
      ask: "Resume all paused strategies?",
      button: "Resume all",
      choice: { answer: "resume", target: ALL },
    };
  }
  const strategy = await findStrategy(provision, argument);
  if (strategy.status !== "paused") return [alreadyIs(strategy)];
  await setStatus(provision, strategy, "active");
  return [`Resumed ${titleOf(strategy)}`];
}

/** Carries out what was confirmed. */
export async function carryOut(
  { answer, target }: Choice,
  { provision, isPrivate }: Omit<Call, "argument">,
): Promise<Piece[]> {
  switch (answer) {
    case "cancel":
      return ["Cancelled: nothing was changed"];
    case "rotate": {
      const kit = await rotate(provision, target);
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

/** Whatever has another status (an archived strategy) stays as it is. */
async function switchStatus(
  provision: Provisioner,
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
  const waiting = [...strategies];
  const failures: string[] = [];
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { slug } = one;
      await setStatus(provision, one, to).catch((error) => {
        if (!(error instanceof NotDone)) throw error;
        failures.push(`${slug}: ${error.message}`);
      });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY_AT_ONCE }, work));
  const count = strategies.length - failures.length;
  const summary = `${done} ${count} of ${strategies.length} strategies`;
  return [[summary, ...failures].join("\n")];
}

async function setStatus(
  provision: Provisioner,
  { slug }: Strategy,
  status: Status,
): Promise<void> {
  await provision.call(z.unknown(), "PATCH", strategyPath(slug), { status });
}

function alreadyIs(strategy: Strategy): string {
  return `${titleOf(strategy)} is ${strategy.status}: nothing was changed`;
}
