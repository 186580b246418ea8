/** Workers with keys of their own, and their calls. */
import { checkExchange } from "../support/contract.ts";
import { alert } from "../support/deliveries.ts";
import {
  type Answer,
  FUNCTIONS_URL,
  type Kit,
  openDatabase,
  provision,
  register,
  send,
} from "../support/project.ts";

export interface Called<Answer = Record<string, unknown>> {
  status: number;
  body: Answer;
  headers: Headers;
}

/** Calls `worker` with a key. */
export async function call<Answer = Record<string, unknown>>(
  key: string,
  name: string,
  body: unknown = {},
  url = FUNCTIONS_URL,
): Promise<Called<Answer>> {
  const method = "POST";
  const response = await fetch(`${url}/worker/${name}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  const answer = await response.json();
  const path = `/worker/${name}`;
  const type = headers.get("content-type");
  checkExchange({ method, url: path, sent: body, status, type, answer });
  return { status, headers, body: answer };
}

export interface MadeWorker {
  worker: { id: string; name: string; queues: string[] };
  key: string;
}

export async function makeWorker(
  settings: Record<string, unknown>,
): Promise<MadeWorker> {
  const name = `Worker ${crypto.randomUUID()}`;
  const request = { name, ...settings };
  return (await provision<MadeWorker>("POST", "/workers", request)).body;
}

/** A strategy with a worker of its queue. */
export async function withWorker(
  settings: Record<string, unknown> = {},
): Promise<
  { kit: Kit; queue: string; key: string; worker: MadeWorker["worker"] }
> {
  const kit = await register();
  const { key, worker } = await makeWorker({
    queues: [kit.strategy.slug],
    ...settings,
  });
  return { kit, key, worker, queue: kit.routes[0]!.target };
}

export interface Claimed {
  signals: {
    queue: string;
    "message_id": number;
    receipt: number;
    "leased_until": string;
    reads: number;
    message: { "signal_id": string; action: string; symbol: string };
  }[];
}

/** Sends an alert; each symbol is a lane of its own. */
export function fire(
  { urls }: Kit,
  action: string,
  symbol = "XAUUSD",
): Promise<Answer> {
  return send(urls.dedicated, alert(action, symbol));
}

/** What a worker names to give a signal back. */
export interface Held {
  queue: string;
  "message_id": number;
  receipt: number;
}

/** Claims, and returns the first signal as a worker gives it back. */
export async function claimOne(
  key: string,
  asked: Record<string, unknown> = {},
): Promise<Held> {
  const { body } = await call<Claimed>(key, "claim", asked);
  const { queue, message_id, receipt } = body.signals[0]!;
  return { queue, "message_id": message_id, receipt };
}

/** The outcome of the one message that has left a queue. */
export async function outcomeOf(
  queue: string,
): Promise<Record<string, unknown> | undefined> {
  await using database = openDatabase();
  const [row] = await database.sql`
    select outcome, result, error, worker from queue_outcomes where queue = ${queue}`;
  return row;
}
