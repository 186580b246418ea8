/**
 * The mode of the router: what every strategy may send on.
 *
 * @module
 */
import type { ProvisionClient } from "../../_shared/provision_api/client.ts";
import {
  type Mode,
  modeSchema,
} from "../../_shared/provision_api/operations.ts";
import { ALL, type Confirmation } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";

export const WHAT_PAUSED_DROPS =
  "Exits only: closes and reductions are sent on, entries are not. " +
  "Paused: nothing is sent on, closes neither, so open positions stay open. " +
  "Signals are recorded either way.";

/** Asks how to halt the whole router. */
export async function askToHalt(
  { provision }: CommandContext,
): Promise<Confirmation> {
  const mode = await readMode(provision);
  return {
    question:
      `Halt the router (its mode is ${mode})? ${WHAT_PAUSED_DROPS} It stays so until /resume all.`,
    target: ALL,
    buttons: [
      { label: "Exits only", answer: "halt_entries" },
      { label: "Pause everything", answer: "halt_all" },
    ],
  };
}

export async function readMode(provision: ProvisionClient): Promise<Mode> {
  return (await provision.call(modeSchema, "/mode")).body.mode;
}

export async function setMode(
  provision: ProvisionClient,
  mode: Mode,
): Promise<Piece[]> {
  await provision.call(modeSchema, "/mode", { method: "PUT", body: { mode } });
  return [`The router's mode is ${mode} now`];
}
