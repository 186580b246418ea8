/**
 * All that the bot can do.
 *
 * @module
 */
import { askToPause, askToRotate, type Question, resume } from "./changes.ts";
import type { Piece } from "./message.ts";
import {
  acknowledge,
  showIncidents,
  showPhase,
  showRunbook,
  showSignals,
} from "./reports.ts";
import {
  addStrategy,
  type Call,
  showStrategies,
  showStrategyUrl,
  testStrategy,
} from "./strategies.ts";

export interface Command {
  name: string;
  /** What follows it, as a usage line has it: `[SLUG]` may be left out. */
  argument?: string;
  description: string;
  run(call: Call): Promise<Piece[] | Question> | Piece[];
}

/** In the order of Telegram's menu. */
export const COMMANDS: readonly Command[] = [
  {
    name: "add_strategy",
    argument: "NAME",
    description: "register a strategy and get its URL",
    run: addStrategy,
  },
  {
    name: "strategies",
    description: "all strategies and their status",
    run: showStrategies,
  },
  {
    name: "url",
    argument: "SLUG",
    description: "the ready-to-use URL (private chats only)",
    run: showStrategyUrl,
  },
  {
    name: "rotate",
    argument: "SLUG",
    description: "a new secret; the old one works for 24 hours",
    run: askToRotate,
  },
  {
    name: "pause",
    argument: "SLUG|all",
    description: "record signals, dispatch none",
    run: askToPause,
  },
  {
    name: "resume",
    argument: "SLUG|all",
    description: "dispatch signals again",
    run: resume,
  },
  {
    name: "test",
    argument: "SLUG",
    description: "send a test alert through everything",
    run: testStrategy,
  },
  {
    name: "signals",
    argument: "[SLUG]",
    description: "the last ten signals",
    run: showSignals,
  },
  {
    name: "incidents",
    description: "what needs attention",
    run: showIncidents,
  },
  {
    name: "ack",
    argument: "ID",
    description: "acknowledge an incident",
    run: acknowledge,
  },
  {
    name: "phase",
    description: "which endpoints are open",
    run: showPhase,
  },
  {
    name: "runbook",
    description: "the runbook, as things are now",
    run: showRunbook,
  },
  { name: "help", description: "this list", run: () => [help()] },
];

/** The command of a name; `/start` is what Telegram's own button sends. */
export function findCommand(name: string): Command | undefined {
  const wanted = name === "start" ? "help" : name;
  return COMMANDS.find((command) => command.name === wanted);
}

/** How to write a command: `/url SLUG`. */
export function usageOf({ name, argument }: Command): string {
  return argument ? `/${name} ${argument}` : `/${name}`;
}

export function isMissingArgument(
  { argument = "[" }: Command,
  given: string,
): boolean {
  return given === "" && !argument.startsWith("[");
}

function help(): string {
  return COMMANDS.map((command) =>
    `${usageOf(command)}: ${command.description}`
  ).join("\n");
}
