/**
 * Renders an alert's life as lines of text, for the bot and the command line.
 *
 * @module
 */
import type {
  AlertTrace,
  TracedRequest,
  TracedRoute,
  TracedSignal,
} from "../provision_api/trace.ts";
import { failureLines } from "./auth_failure.ts";
import { type Reader, timeOf, words } from "./reader.ts";

export function renderTrace(trace: AlertTrace, reader: Reader): string {
  const { requests, signal, routes, auth_failure } = trace;
  return [
    `Alert ${trace.correlation_id}`,
    ...auth_failure ? failureLines(auth_failure, reader) : [],
    ...requests.flatMap((request) =>
      requestLines(request, trace.correlation_id, reader)
    ),
    ...signal ? signalLines(signal, reader) : [],
    ...routes.flatMap((route) => routeLines(route, reader)),
    ...signal && !routes.length ? [`No route: ${whyNoRoute(signal)}`] : [],
  ].join("\n");
}

function whyNoRoute({ status, is_test }: TracedSignal): string {
  if (is_test) return "a test is sent on none";
  return status === "accepted" ? "none matched" : `it is ${status}`;
}

function requestLines(
  request: TracedRequest,
  wanted: string,
  { quote, isAlone, maxExcerpt }: Reader,
): string[] {
  const { strategy, endpoint, outcome, code, auth_method } = request;
  const { correlation_id, remote_ip, problem, excerpt, bytes } = request;
  const line = words([
    timeOf(request.received_at),
    `request to the ${endpoint} endpoint`,
    strategy && `of ${quote(strategy)}`,
  ]);
  const details = [
    auth_method && `by ${auth_method}`,
    isAlone && remote_ip && `from ${remote_ip}`,
    request.repaired && "repaired",
    `recorded after ${Math.round(request.duration_ms)} ms`,
    correlation_id !== wanted && `correlation id ${correlation_id}`,
  ];
  return [
    `${line}: ${words([outcome, code && `(${code})`])}, ${
      words(details, ", ")
    }`,
    ...isAlone && problem?.detail ? [`  ${quote(problem.detail)}`] : [],
    ...isAlone && excerpt
      ? [`  ${bytes} bytes: ${cut(quote(excerpt), maxExcerpt)}`]
      : [],
  ];
}

function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length
    ? `${characters.slice(0, length).join("")}…`
    : text;
}

function signalLines(signal: TracedSignal, { quote }: Reader): string[] {
  const { exchange, symbol, quantity, price, intent } = signal;
  const instrument = symbol && words([exchange, symbol], ":");
  return [
    words([
      timeOf(signal.received_at),
      `signal ${signal.id} of ${quote(signal.strategy)}:`,
      signal.action,
      intent && `(${intent})`,
      instrument && quote(instrument),
      quantity != null && String(quantity),
      price != null && `at ${price}`,
      signal.is_test && "(a test)",
      `- ${signal.status}`,
    ]),
    ...signal.reduced_from
      ? [`  the closing half of ${signal.reduced_from}`]
      : [],
    ...cancelledBy(signal),
    ...signal.status === "held"
      ? [
        `  it is released when the limit allows, until ${
          timeOf(signal.expires_at)
        }`,
      ]
      : [],
  ];
}

function cancelledBy(
  { cancelled_by }: { cancelled_by?: string | null | undefined },
): string[] {
  return cancelled_by ? [`  cancelled by the signal ${cancelled_by}`] : [];
}

function routeLines(
  { route, outcomes, waiting, dispatches }: TracedRoute,
  reader: Reader,
): string[] {
  const { quote } = reader;
  const name = quote(route);
  return [
    ...outcomes.flatMap(({ settled_at, outcome, worker, reads, ...row }) => [
      words([
        `${timeOf(settled_at)} ${name}: ${outcome} by`,
        worker ? `the worker ${quote(worker)}` : "the router",
        `after ${counted(reads, "read")}`,
      ]),
      ...row.error ? [`  ${shownError(row.error, reader)}`] : [],
      ...cancelledBy(row),
    ]),
    ...waiting.flatMap(({ visible_at, worker, reads, is_leased, error }) => [
      `${name}: ${
        is_leased && worker
          ? `the worker ${quote(worker)} has it until ${timeOf(visible_at)}`
          : reads
          ? `waits for a worker from ${timeOf(visible_at)}`
          : "waits for a worker"
      }, ${counted(reads, "read")}`,
      ...error ? [`  ${shownError(error, reader)}`] : [],
    ]),
    ...outcomes.length + waiting.length + dispatches.length
      ? []
      : [`${name}: nothing is known of its message: it was removed by hand`],
    ...dispatches.flatMap((dispatch) => dispatchLines(name, dispatch, reader)),
  ];
}

function dispatchLines(
  name: string,
  { status, attempts, replay_id, ...dispatch }: TracedRoute["dispatches"][
    number
  ],
  reader: Reader,
): string[] {
  const at = dispatch.delivered_at ?? dispatch.created_at;
  return [
    words([
      `${timeOf(at)} ${name}: ${status}`,
      `after ${counted(attempts.length, "attempt")}`,
      status === "pending" && `next ${timeOf(dispatch.next_attempt_at)}`,
      replay_id && `replay ${replay_id}`,
    ], ", "),
    ...cancelledBy(dispatch),
    ...attempts.map(({ attempt, started_at, status_code, ...tried }) =>
      words([
        `  attempt ${attempt} at ${timeOf(started_at)}:`,
        status_code == null ? "no answer" : String(status_code),
        `in ${Math.round(tried.duration_ms)} ms`,
        tried.error && `- ${shownError(tried.error, reader)}`,
      ])
    ),
  ];
}

/** Quotes why something failed; what a target answered stands behind its status. */
function shownError(error: string, { quote, seesAnswers }: Reader): string {
  const shown = seesAnswers
    ? error
    : error.replace(/^(Target answered \d{3}): [\s\S]*$/, "$1");
  return cut(quote(shown), 300);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
