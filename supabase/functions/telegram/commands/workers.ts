/**
 * Workers and their keys. A key is shown once, so it is made in private chats only: everyone in a group would have it.
 *
 * @module
 */
import {
  type ProvisionClient,
  ProvisionError,
} from "../../_shared/provision_api/client.ts";
import {
  type Worker,
  workerKeyAnswerSchema,
  workerRevokedSchema,
  workersAnswerSchema,
} from "../../_shared/worker_api/workers.ts";
import { z } from "zod";
import type { Confirmation } from "../confirmation.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";

const IN_PRIVATE =
  "A worker's key is shown once, and everyone here would have it: ask me in a private chat";

/** Makes a worker of the queues that are named after it. */
export async function addWorker(
  { argument, isPrivate, provision }: CommandContext,
): Promise<Piece[]> {
  if (!isPrivate) return [IN_PRIVATE];
  const [name, ...queues] = argument.split(/\s+/);
  if (queues.length === 0) {
    return [
      "Name the worker's queues, or their strategies, too: /add_worker mt5-1 gold silver",
    ];
  }
  const { body } = await provision.call(workerKeyAnswerSchema, "/workers", {
    method: "POST",
    body: { name, queues },
  });
  return [`Made ${titleOf(body.worker)}.\n\n`, ...showKey(body.key)];
}

export async function showWorkers(
  { provision }: CommandContext,
): Promise<Piece[]> {
  const workers = await listWorkers(provision);
  if (!workers.length) {
    return ["There is no worker with a key: /add_worker NAME QUEUE makes one"];
  }
  return [workers.map(describe).join("\n")];
}

function describe(worker: Worker): string {
  const { live_keys: keys, last_seen_at: seen, version } = worker;
  const program = version === null ? "" : `, version ${version}`;
  return `${titleOf(worker)}: ${keys} ${keys === 1 ? "key" : "keys"}, ` +
    (seen === null ? "never seen" : `seen ${seen}${program}`);
}

export async function askToRotateWorker(
  { argument, isPrivate, provision }: CommandContext,
): Promise<Confirmation | Piece[]> {
  if (!isPrivate) return [IN_PRIVATE];
  const worker = await findWorker(provision, argument);
  return {
    question: `Make a new key for ${titleOf(worker)}? ` +
      "The previous one works for another 24 hours.",
    target: worker.id,
    buttons: [{ label: "Rotate", answer: "rotate_worker" }],
  };
}

export async function askToRevokeWorker(
  { argument, provision }: CommandContext,
): Promise<Confirmation> {
  const worker = await findWorker(provision, argument);
  return {
    question: `End the keys of ${titleOf(worker)}? ` +
      "What it has claimed is handed out to others once its time is over.",
    target: worker.id,
    buttons: [
      ...worker.live_keys > 1 ? [END_PREVIOUS] : [],
      { label: "All keys, and the worker", answer: "delete_worker" },
    ],
  };
}

const END_PREVIOUS = {
  label: "The previous key",
  answer: "end_old_key",
} as const;

async function rotateWorker(
  provision: ProvisionClient,
  id: string,
  isPrivate: boolean,
): Promise<Piece[]> {
  if (!isPrivate) return [IN_PRIVATE];
  const { body } = await provision.call(
    workerKeyAnswerSchema,
    `/workers/${id}/rotate`,
    { method: "POST", body: {} },
  );
  return [`New key of ${titleOf(body.worker)}:\n\n`, ...showKey(body.key)];
}

async function endPreviousKey(
  provision: ProvisionClient,
  id: string,
): Promise<Piece[]> {
  const path = `/workers/${id}/revoke`;
  const { body } = await provision.call(workerRevokedSchema, path, {
    method: "POST",
  });
  return [body.revoked ? "The previous key has ended" : "It had ended already"];
}

async function deleteWorker(
  provision: ProvisionClient,
  id: string,
): Promise<Piece[]> {
  await provision.call(z.looseObject({}), `/workers/${id}`, {
    method: "DELETE",
  });
  return ["The worker is deleted, and its keys have ended"];
}

/** The changes that buttons confirm. */
export const WORKER_CHANGES = {
  rotate_worker: rotateWorker,
  end_old_key: endPreviousKey,
  delete_worker: deleteWorker,
};

async function listWorkers(provision: ProvisionClient): Promise<Worker[]> {
  return (await provision.call(workersAnswerSchema, "/workers")).body.workers;
}

async function findWorker(
  provision: ProvisionClient,
  name: string,
): Promise<Worker> {
  const workers = await listWorkers(provision);
  const found = workers.find((worker) =>
    worker.name.toLowerCase() === name.toLowerCase()
  );
  if (found) return found;
  throw new ProvisionError(
    `There is no worker "${name}": /workers shows them all`,
  );
}

function titleOf({ name, queues }: Worker): string {
  return `${name} (${queues.join(", ")})`;
}

function showKey(key: string): Piece[] {
  return [
    "Its key, shown this once; send it as Authorization: Bearer …\n",
    { code: key },
  ];
}
