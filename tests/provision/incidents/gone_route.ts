/** A route whose target is gone. */
import { provision, send, until } from "../../support/project.ts";
import { startSink } from "../../support/sink.ts";
import { type Case, json } from "./case.ts";

export const GONE_ROUTE: Case = {
  kind: "route_disabled",
  ends: "resolved",
  settings: { queue: false },
  cause: async ({ strategy: { slug, id }, urls }, sql) => {
    await using sink = startSink();
    sink.answer = () => new Response("moved", { status: 410 });
    const route = { kind: "http", target: sink.url };
    await provision("POST", `/strategies/${slug}/routes`, route);
    for (const symbol of ["A", "B", "C"]) {
      await send(urls.dedicated, json({ symbol }));
    }
    const off = () =>
      sql`select from routes where strategy_id = ${id} and is_gone`;
    await until(async () => (await off()).length === 1, "a route that is off");
  },
};
