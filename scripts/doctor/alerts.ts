/** Sends alerts to the strategy Doctor as its senders would, and executes them as a worker would. */
import { type Method, prove } from "../cli/credentials.ts";
import type { Project } from "../cli/project.ts";
import {
  type Answer,
  askProvision,
  call,
  type Report,
  Unhealthy,
  waitFor,
} from "./check.ts";

interface Kit {
  strategy: { slug: string; endpoints: ("dedicated" | "universal")[] };
  urls: { dedicated: string; universal: string };
  secret: string;
  routes: { kind: string; target: string }[];
}

interface Claimed {
  "message_id": number;
  receipt: number;
  message: { "signal_id": string };
}

interface Delivery {
  "signal_id": string;
  status: string;
  error: string | null;
}

const CREDENTIALS: Method[] = ["token", "hmac", "jwt"];
const DELIVER_WITHIN_MS = 20_000;
const CLAIM_WITHIN_MS = 10_000;
/** An alert that was refused is explained by its audit row. */
const SEE_AUDIT = "see the last rows of webhook_requests and auth_failures";

/** Checks what alerts meet, and archives the strategy again; `target` gets one delivery. */
export async function checkAlerts(
  project: Project,
  { check }: Report,
  target: string | undefined,
): Promise<void> {
  let kit: Kit | undefined;
  await check("Strategy Doctor", async () => {
    kit = await start(project);
    return "is active";
  });
  if (!kit) return;
  const doctor = new Doctor(project, kit);
  try {
    for (const method of CREDENTIALS) {
      await check(`Alert by ${method}`, () => doctor.sendBy(method));
    }
    await check("Duplicate", () => doctor.sendTwice());
    await check("Wrong token", () => doctor.sendWrongToken());
    await check("Queue", () => doctor.work());
    if (target) await check("Delivery", () => doctor.deliver(target));
  } finally {
    await check("Strategy Doctor", () => archive(project));
  }
}

async function start(project: Project): Promise<Kit> {
  const { status, body } = await askProvision(project, "POST", "/doctor");
  if (status === 201) return body;
  throw new Unhealthy(
    body.title ?? `provision answers ${status}`,
    body.detail ?? "try again; one that was killed is over after five minutes",
  );
}

async function archive(project: Project): Promise<string> {
  const { status } = await askProvision(project, "DELETE", "/doctor");
  if (status === 200) return "is archived again";
  throw new Unhealthy(
    `could not be archived (${status})`,
    "set its status to archived in Studio",
  );
}

/** Plays the strategy's sender and its worker. */
class Doctor {
  /** Signals that are accepted and not completed yet. */
  readonly #waiting = new Set<string>();
  readonly #project: Project;
  readonly #kit: Kit;

  constructor(project: Project, kit: Kit) {
    this.#project = project;
    this.#kit = kit;
  }

  async sendBy(method: Method): Promise<string> {
    const { status, body, ms } = await this.#send(this.#alert(), method);
    if (status !== 202 || body.status !== "accepted") {
      throw new Unhealthy(`is answered ${said(status, body)}`, SEE_AUDIT);
    }
    this.#waiting.add(body.signal_id);
    return `is accepted in ${ms} ms`;
  }

  async sendTwice(): Promise<string> {
    const alert = this.#alert();
    const first = await this.#send(alert, "token");
    this.#waiting.add(first.body.signal_id);
    const { status, body } = await this.#send(alert, "token");
    const isKnown = status === 200 && body.status === "duplicate" &&
      body.signal_id === first.body.signal_id;
    if (isKnown) return "is recognised";
    throw new Unhealthy(`is answered ${said(status, body)}`, SEE_AUDIT);
  }

  async sendWrongToken(): Promise<string> {
    const url = new URL(this.#url);
    url.searchParams.set("token", "wrong");
    const { status, body } = await call(url.href, {
      method: "POST",
      body: this.#alert(),
    });
    if (status === 401 && body.code === "not_authorized") return "is refused";
    throw new Unhealthy(
      `is answered ${said(status, body)}`,
      "do not use this deployment: report it as SECURITY.md says",
    );
  }

  /** Claims and completes until all that was accepted is done. */
  async work(): Promise<string> {
    const { target: queue } = this.#kit.routes
      .find(({ kind }) => kind === "queue")!;
    const count = this.#waiting.size;
    const done = await waitFor(async () => {
      const claimed: Claimed[] = await this.#rpc("claim_signals", {
        queue,
        worker: "doctor",
        quantity: 100,
      });
      for (const { message_id, receipt, message } of claimed) {
        await this.#rpc("complete_signal", { queue, message_id, receipt });
        this.#waiting.delete(message.signal_id);
      }
      return this.#waiting.size === 0;
    }, CLAIM_WITHIN_MS);
    if (done) return `${count} signals are claimed and completed`;
    throw new Unhealthy(
      `${this.#waiting.size} of ${count} signals were not handed out`,
      `is another worker at the queue ${queue}? See queue_outcomes`,
    );
  }

  async deliver(target: string): Promise<string> {
    await this.#setRoute(target, true);
    try {
      const { body } = await this.#send(this.#alert(), "token");
      this.#waiting.add(body.signal_id);
      let delivery: Delivery | undefined;
      const settled = await waitFor(async () => {
        const { body: seen } = await askProvision(
          this.#project,
          "GET",
          "/doctor",
        );
        delivery = seen.deliveries
          .find((one: Delivery) => one.signal_id === body.signal_id);
        return delivery !== undefined &&
          (delivery.status === "delivered" || delivery.error !== null);
      }, DELIVER_WITHIN_MS);
      if (settled && delivery?.status === "delivered") {
        return `${new URL(target).host} took a signal`;
      }
      throw new Unhealthy(
        delivery?.error ?? "the signal was not sent",
        "see what the target answers, and whether it verifies our signature",
      );
    } finally {
      await this.#setRoute(target, false);
      await this.work();
    }
  }

  async #setRoute(target: string, enabled: boolean): Promise<void> {
    const { status, body } = await askProvision(
      this.#project,
      "PATCH",
      `/strategies/${this.#kit.strategy.slug}`,
      { routes: [{ kind: "http", target, enabled }] },
    );
    if (status === 200) return;
    throw new Unhealthy(
      `the route is answered ${said(status, body)}`,
      body.errors?.[0]?.message ?? "give an https URL that is public",
    );
  }

  get #url(): string {
    const { endpoints } = this.#kit.strategy;
    return this.#kit.urls[
      endpoints.includes("dedicated") ? "dedicated" : "universal"
    ];
  }

  /** `hold` asks for no trade, whoever should execute it. */
  #alert(): string {
    const { slug } = this.#kit.strategy;
    const id = crypto.randomUUID();
    return JSON.stringify({ strategy: slug, action: "hold", symbol: id, id });
  }

  async #send(alert: string, method: Method): Promise<Answer> {
    const url = new URL(this.#url);
    if (method !== "token") url.searchParams.delete("token");
    const { secret, strategy: { slug } } = this.#kit;
    return await call(url.href, {
      method: "POST",
      headers: await prove(method, { secret, strategy: slug }, alert),
      body: alert,
    });
  }

  // deno-lint-ignore no-explicit-any -- each caller knows what it asked for
  async #rpc(name: string, args: Record<string, unknown>): Promise<any> {
    const { url, secretKey } = this.#project;
    const { status, body } = await call(`${url}/rest/v1/rpc/${name}`, {
      method: "POST",
      headers: { apikey: secretKey, "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    if (status === 200) return body;
    throw new Unhealthy(
      `${name} is answered ${status} ${body.message ?? ""}`,
      "is the schema public exposed to the API?",
    );
  }
}

function said(
  status: number,
  { code, status: outcome, detail }: Answer["body"],
): string {
  return [status, code ?? outcome, detail].filter(Boolean).join(" ");
}
