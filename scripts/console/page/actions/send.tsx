/** Sends: a test alert, or a signal again. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { TestAnswer } from "../../../../supabase/functions/_shared/provision_api/test_alert.ts";
import { post } from "../data/client.ts";
import { count, duration, words } from "../data/format.ts";
import type { StrategyState } from "../data/types.ts";
import { Ask, useDesk } from "./desk.tsx";

export function Test({ strategy }: { strategy: StrategyState }): JSX.Element {
  const { done } = useDesk();
  const [result, setResult] = useState<TestAnswer>();
  const { name, slug, routes } = strategy;
  const enabled = routes.filter(({ enabled }) => enabled);
  return (
    <Ask
      title={`Send ${name} a test alert`}
      verb={result ? "Send another" : "Send"}
      leave={result ? "Close" : "Cancel"}
      confirm={async (form) => {
        const body = form.get("body");
        const deliver = form.getAll("deliver");
        setResult(
          await post<TestAnswer>(`/strategies/${slug}/test`, {
            ...body && { body },
            ...deliver.length && { deliver },
          }),
        );
        done("The test was sent");
      }}
    >
      {enabled.length > 0 && (
        <fieldset>
          <legend>Deliver it to (none: it is only recorded)</legend>
          {enabled.map(({ id, label }) => (
            <label class="check" key={id}>
              <input type="checkbox" name="deliver" value={id} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
      )}
      <label>
        <span>
          Alert, as JSON{" "}
          <small>
            It is marked as a test. Empty: a HOLD, which trades nothing
          </small>
        </span>
        <textarea
          name="body"
          spellcheck={false}
          placeholder='{"signal": "HOLD", "symbol": "TEST"}'
        />
      </label>
      {result && <TestResult result={result} />}
    </Ask>
  );
}

function TestResult({ result }: { result: TestAnswer }): JSX.Element {
  const { status, answer, deliveries = [] } = result;
  const isTaken = status < 300;
  return (
    <ul class="steps" role="status">
      <li class={isTaken ? "good" : "bad"}>
        {status} {answer.detail ?? answer.code ?? String(answer.status)}
      </li>
      {deliveries.map(({ route, outcome, error, duration_ms }) => (
        <li key={route}>
          {route}: {words(outcome)}
          {outcome === "waiting" && route.startsWith("queue:") &&
            " for a worker that takes tests"}
          {duration_ms !== undefined && ` in ${duration(duration_ms)}`}
          {error && <span class="bad">: {error}</span>}
        </li>
      ))}
    </ul>
  );
}

/** Sends a signal again, on its routes. */
export function Replay(
  { signalId, what }: { signalId: string; what: string },
): JSX.Element {
  const { close, done } = useDesk();
  return (
    <Ask
      title="Send this signal again?"
      verb="Replay"
      isDangerous
      confirm={async () => {
        const sent = await replay(signalId);
        close();
        done(
          sent === 1
            ? `${what} was sent again`
            : `${count(sent)} signals were sent`,
        );
      }}
    >
      <p>
        <b>{what}</b>{" "}
        goes out on its strategy's routes as if it came now. A worker or target
        may trade it a second time.
      </p>
    </Ask>
  );
}

interface Replayed {
  replay_id: string;
  signals: number;
  done: boolean;
}

async function replay(signalId: string): Promise<number> {
  let reached = await post<Replayed>("/replay", { signal_ids: [signalId] });
  while (!reached.done) {
    const { replay_id } = reached;
    reached = await post<Replayed>("/replay", { replay_id });
  }
  return reached.signals;
}
