/**
 * The commands of the bot.
 *
 * @module
 */
import { askToPause, askToRotate, resume } from "./changes.ts";
import type { Confirmation } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import { explain, showTrace } from "./alerts.ts";
import type { CommandContext } from "./context.ts";
import { askToHalt } from "./halt.ts";
import {
  acknowledge,
  showIncidents,
  showPhase,
  showRunbook,
  showSignals,
} from "./reports.ts";
import { addStrategy, showStrategies, showStrategyUrl } from "./strategies.ts";
import { askToTest } from "./test_alert.ts";
import {
  addWorker,
  askToRevokeWorker,
  askToRotateWorker,
  showWorkers,
} from "./workers.ts";

export interface Command {
  name: string;
  /** The argument in the notation of usage lines: `[SLUG]` is optional. */
  argument?: string;
  description: string;
  run(context: CommandContext): Promise<Piece[] | Confirmation> | Piece[];
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
    description: "a new secret; the previous one works for 24 hours",
    run: askToRotate,
  },
  {
    name: "pause",
    argument: "SLUG|all",
    description: "let only exits through, or dispatch nothing",
    run: askToPause,
  },
  {
    name: "halt",
    description: "the whole router: only exits, or nothing",
    run: askToHalt,
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
    description: "send a test alert, to the routes that you choose",
    run: askToTest,
  },
  {
    name: "workers",
    description: "workers with keys, and when they were seen",
    run: showWorkers,
  },
  {
    name: "add_worker",
    argument: "NAME QUEUE…",
    description: "a worker's key for its queues (private chats only)",
    run: addWorker,
  },
  {
    name: "rotate_worker",
    argument: "NAME",
    description: "a new key; the previous one works for 24 hours",
    run: askToRotateWorker,
  },
  {
    name: "revoke_worker",
    argument: "NAME",
    description: "end a worker's keys at once",
    run: askToRevokeWorker,
  },
  {
    name: "signals",
    argument: "[SLUG]",
    description: "the last ten signals",
    run: showSignals,
  },
  {
    name: "trace",
    argument: "[ID]",
    description: "an alert's whole life, by its correlation id",
    run: showTrace,
  },
  {
    name: "explain",
    argument: "[SLUG] [ALERT]",
    description: "what would become of an alert, and of its URL's token",
    run: explain,
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
    description: "the runbook, from the live database",
    run: showRunbook,
  },
  { name: "help", description: "this list", run: () => [help()] },
];

/** Returns the command with a name; Telegram's own button sends `/start`. */
export function findCommand(name: string): Command | undefined {
  const wanted = name === "start" ? "help" : name;
  return COMMANDS.find((command) => command.name === wanted);
}

/** Returns how to type a command: `/url SLUG`. */
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
