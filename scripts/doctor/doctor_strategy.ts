/** Plays the sender and the worker of the strategy Doctor. */
import type { Diagnosis } from "../../supabase/functions/_shared/provision_api/doctor.ts";
import type { Kit } from "../../supabase/functions/_shared/provision_api/strategy.ts";
import { authHeaders, type Method } from "../cli/credentials.ts";
import type { Project } from "../cli/project.ts";
import { type Answer, call, callProvision, callRpc, describe } from "./call.ts";
import { Unhealthy, waitFor } from "./check.ts";
import { diagnose } from "./diagnosis.ts";

interface Claimed {
  "message_id": number;
  receipt: number;
  message: { "signal_id": string };
}

type Delivery = Diagnosis["deliveries"][number];

const DELIVER_WITHIN_MS = 20_000;
const CLAIM_WITHIN_MS = 10_000;
/** Remedy for a refused alert: its audit row says why. */
const SEE_AUDIT = "see the last rows of webhook_requests and auth_failures";

export class Doctor {
  /** Signals that are accepted but not completed yet. */
  readonly #waiting = new Set<string>();
  readonly #project: Project;
  readonly #kit: Kit;

  constructor(project: Project, kit: Kit) {
    this.#project = project;
    this.#kit = kit;
  }

  async sendBy(method: Method): Promise<string> {
    const { ms } = await this.#sendAccepted(this.#alert(), method);
    return `is accepted in ${ms} ms`;
  }

  async sendTwice(): Promise<string> {
    const alert = this.#alert();
    const first = await this.#sendAccepted(alert, "token");
    const second = await this.#send(alert, "token");
    const isDuplicate = second.status === 200 &&
      second.body.status === "duplicate" &&
      second.body.signal_id === first.body.signal_id;
    if (isDuplicate) return "is recognised";
    throw refused(second);
  }

  async sendWrongToken(): Promise<string> {
    const url = new URL(this.#url);
    url.searchParams.set("token", "wrong");
    const answer = await call(url.href, {
      method: "POST",
      body: this.#alert(),
    });
    const { status, body } = answer;
    if (status === 401 && body.code === "not_authorized") return "is refused";
    throw new Unhealthy(
      `is answered ${describe(answer)}`,
      "do not use this deployment: report it as SECURITY.md says",
    );
  }

  /** Claims and completes until every accepted signal is done. */
  async work(): Promise<string> {
    const { target: queue } = this.#kit.routes
      .find(({ kind }) => kind === "queue")!;
    const count = this.#waiting.size;
    const isDone = await waitFor(async () => {
      const claimed: Claimed[] = await callRpc(this.#project, "claim_signals", {
        queue,
        worker: "doctor",
        quantity: 100,
      });
      for (const { message_id, receipt, message } of claimed) {
        if (!this.#waiting.has(message.signal_id)) continue;
        const lease = { queue, message_id, receipt };
        await callRpc(this.#project, "complete_signal", lease);
        this.#waiting.delete(message.signal_id);
      }
      return this.#waiting.size === 0;
    }, CLAIM_WITHIN_MS);
    if (isDone) return `${count} signals are claimed and completed`;
    throw new Unhealthy(
      `${this.#waiting.size} of ${count} signals were not handed out`,
      `does another worker claim from the queue ${queue}? See queue_outcomes`,
    );
  }

  async deliver(target: string): Promise<string> {
    await this.#addRoute(target);
    const { body } = await this.#sendAccepted(this.#alert(), "token");
    const delivery = await this.#waitForDelivery(body.signal_id);
    if (delivery?.status === "delivered") {
      return `${new URL(target).host} accepted a signal`;
    }
    throw new Unhealthy(
      delivery?.error ?? "the signal was not sent",
      "see what the target answers, and whether it verifies our signature",
    );
  }

  /** Returns the last that was seen of a signal's delivery, settled or not. */
  async #waitForDelivery(signalId: string): Promise<Delivery | undefined> {
    let delivery: Delivery | undefined;
    await waitFor(async () => {
      const { deliveries } = await diagnose(this.#project);
      delivery = deliveries.find(({ signal_id }) => signal_id === signalId);
      return delivery !== undefined &&
        (delivery.status === "delivered" || delivery.error !== null);
    }, DELIVER_WITHIN_MS);
    return delivery;
  }

  /** Adds a route, which is deleted when doctor ends. */
  async #addRoute(target: string): Promise<void> {
    const answer = await callProvision(
      this.#project,
      "PATCH",
      `/strategies/${this.#kit.strategy.slug}`,
      { routes: [{ kind: "http", target }] },
    );
    if (answer.status === 200) return;
    throw new Unhealthy(
      `the route is answered ${describe(answer)}`,
      answer.body.errors?.[0]?.message ?? "give an https URL that is public",
    );
  }

  get #url(): string {
    const { strategy: { endpoints }, urls } = this.#kit;
    return endpoints.includes("dedicated") ? urls.dedicated : urls.universal;
  }

  /** Makes an alert that asks for no trade, whoever might execute it. */
  #alert(): string {
    const { slug } = this.#kit.strategy;
    const id = crypto.randomUUID();
    return JSON.stringify({ strategy: slug, action: "hold", symbol: id, id });
  }

  /** Sends an alert; any other answer than that it is accepted is unhealthy. */
  async #sendAccepted(alert: string, method: Method): Promise<Answer> {
    const answer = await this.#send(alert, method);
    const { status, body } = answer;
    if (status !== 202 || body.status !== "accepted") throw refused(answer);
    this.#waiting.add(body.signal_id);
    return answer;
  }

  async #send(alert: string, method: Method): Promise<Answer> {
    const url = new URL(this.#url);
    if (method !== "token") url.searchParams.delete("token");
    const { secret, strategy: { slug } } = this.#kit;
    return await call(url.href, {
      method: "POST",
      headers: await authHeaders(method, { secret, strategy: slug }, alert),
      body: alert,
    });
  }
}

function refused(answer: Answer): Unhealthy {
  return new Unhealthy(`is answered ${describe(answer)}`, SEE_AUDIT);
}
