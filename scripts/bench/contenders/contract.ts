/**
 * The contract that a contender must keep before it is timed: what it accepts is stored, once and
 * completely; a wrong token, a repeated alert and one without sense store nothing.
 */
import { Failure } from "../../cli/failure.ts";
import {
  alertBody,
  type Contender,
  type Rows,
  STRATEGIES,
} from "./contender.ts";

interface Answer {
  status: number;
  body: { status?: unknown; signal_id?: unknown };
}

/** Throws a `Failure` that names the first breach. */
export async function checkContract(contender: Contender): Promise<void> {
  const { name, store } = contender;
  await store.reset();
  const require = (holds: boolean, what: string) => {
    if (!holds) throw new Failure(`Cannot time ${name}: ${what}`);
  };
  const rows = async () => await store.count();
  const isSame = (one: Rows, other: Rows) =>
    one.signals === other.signals && one.messages === other.messages;

  const first = await Promise.all(
    Array.from(
      { length: STRATEGIES },
      (_, strategy) => post(contender, strategy, alert(strategy, 1)),
    ),
  );
  require(
    first.every(({ status, body }) =>
      status === 202 && body.status === "accepted"
    ),
    `it does not accept alerts: ${JSON.stringify(first[0])}`,
  );
  const stored = await rows();
  require(
    Object.values(stored).every((count) => count === STRATEGIES),
    `${STRATEGIES} alerts left ${JSON.stringify(stored)}`,
  );

  const again = await post(contender, 0, alert(0, 1));
  require(
    again.status === 200 && again.body.status === "duplicate" &&
      again.body.signal_id === first[0]!.body.signal_id,
    `it does not recognise a duplicate: ${JSON.stringify(again)}`,
  );
  require(isSame(stored, await rows()), "a duplicate was stored twice");

  const wrong = await post(contender, 0, alert(0, 2), "A".repeat(43));
  require(wrong.status === 401, "it takes a wrong token");
  const senseless = await post(contender, 0, '{"signal":"MAYBE"}');
  require([400, 422].includes(senseless.status), "it takes an unknown action");
  require(isSame(stored, await rows()), "a refused alert was stored");
}

function alert(strategy: number, number: number): string {
  return alertBody(strategy).replace("{n}", `contract ${number}`);
}

async function post(
  { address, path, headers }: Contender,
  strategy: number,
  body: string,
  token?: string,
): Promise<Answer> {
  const url = `http://${address.hostname}:${address.port}${
    path(strategy, token)
  }`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}
