/** Calls of `provision` that look after the router. */
import { z } from "zod";
import { diagnosisQuerySchema } from "../../_shared/provision_api/doctor.ts";
import {
  modeSchema,
  phaseChangeSchema,
  phaseSchema,
  replaySchema,
  signalQuerySchema,
} from "../../_shared/provision_api/operations.ts";
import { runbookSchema } from "../../_shared/provision_api/runbook.ts";
import { kit } from "./answers/strategies.ts";
import type { Calls } from "./call.ts";
import {
  acknowledgedAnswer,
  diagnosis,
  health,
  incidentsAnswer,
  metricsKeyAnswer,
  phaseChange,
  probeAnswer,
  replayAnswer,
  signalsAnswer,
} from "./answers/operations.ts";
import { trace } from "./answers/trace.ts";

const runbook = runbookSchema.extend({ $schema: z.string() });
const anyObject = z.record(z.string(), z.unknown());

export const OPERATION_CALLS: Calls = {
  "GET /phase": {
    id: "showPhase",
    summary: "Shows which endpoints are open",
    answers: { 200: [z.object({ phase: phaseSchema })] },
    refusals: [],
  },
  "PUT /phase": {
    id: "setPhase",
    summary: "Opens and closes endpoints; refuses to cut off live senders",
    body: phaseChangeSchema,
    answers: { 200: [phaseChange] },
    refusals: ["invalid_request", "phase_would_cut_off"],
  },
  "GET /mode": {
    id: "showMode",
    summary: "Shows what every strategy may send on",
    answers: { 200: [modeSchema] },
    refusals: [],
  },
  "PUT /mode": {
    id: "setMode",
    summary: "Sets what every strategy may send on",
    body: modeSchema.strict(),
    answers: { 200: [modeSchema] },
    refusals: ["invalid_request"],
  },
  "POST /replay": {
    id: "replaySignals",
    summary: "Sends signals again",
    body: replaySchema,
    answers: { 200: [replayAnswer] },
    refusals: ["invalid_request", "not_found"],
  },
  "GET /signals": {
    id: "listSignals",
    summary: "Lists the latest signals and what became of them",
    query: signalQuerySchema,
    answers: { 200: [signalsAnswer] },
    refusals: ["invalid_request", "not_found"],
  },
  "GET /trace/{correlation_id}": {
    id: "traceAlert",
    summary: "Shows the whole life of an alert",
    answers: { 200: [trace] },
    refusals: ["invalid_request", "not_found"],
  },
  "GET /incidents": {
    id: "listIncidents",
    summary: "Lists the incidents that are not resolved",
    answers: { 200: [incidentsAnswer] },
    refusals: [],
  },
  "POST /incidents/{id}/acknowledge": {
    id: "acknowledgeIncident",
    summary: "Marks an incident as seen",
    answers: { 200: [acknowledgedAnswer] },
    refusals: ["not_found"],
  },
  "GET /runbook": {
    id: "showRunbook",
    summary: "Renders the runbook: Markdown, or JSON by `Accept`",
    answers: { 200: [runbook, "text/markdown"] },
    refusals: [],
  },
  "GET /runbook/schema": {
    id: "showRunbookSchema",
    summary: "Returns the JSON Schema of the runbook",
    answers: { 200: [anyObject] },
    refusals: [],
  },
  "GET /metrics": {
    id: "showMetrics",
    summary: "Returns metrics in Prometheus's text format",
    answers: { 200: ["text/plain"] },
    refusals: [],
    security: ["metricsKey"],
  },
  "GET /metrics/key": {
    id: "showMetricsKey",
    summary: "Shows the key that opens the metrics, and nothing else",
    answers: { 200: [metricsKeyAnswer] },
    refusals: ["unreadable_secret"],
  },
  "POST /metrics/key/rotate": {
    id: "rotateMetricsKey",
    summary: "Makes a new key for the metrics; the old one ends at once",
    answers: { 200: [metricsKeyAnswer] },
    refusals: [],
  },
  "GET /health": {
    id: "checkHealth",
    summary: "Checks the router; with a key also shows what waits",
    answers: { 200: [health], 503: [health] },
    refusals: [],
    access: "optional",
  },
  "GET /openapi.json": {
    id: "showOpenapi",
    summary: "Returns this document",
    answers: { 200: [anyObject] },
    refusals: [],
    access: "open",
  },
  "GET /doctor": {
    id: "diagnose",
    summary: "Diagnoses the deployment, for `deno task doctor`",
    query: diagnosisQuerySchema,
    answers: { 200: [diagnosis] },
    refusals: ["invalid_request"],
  },
  "POST /doctor": {
    id: "startDoctor",
    summary: "Makes doctor's strategy",
    answers: { 201: [kit] },
    refusals: ["doctor_running", "name_taken", "unreadable_secret"],
  },
  "DELETE /doctor": {
    id: "endDoctor",
    summary: "Archives doctor's strategy",
    answers: { 204: [] },
    refusals: [],
  },
  "POST /doctor/probe": {
    id: "probeDispatch",
    summary: "Wakes `dispatch` as cron does",
    answers: { 200: [probeAnswer] },
    refusals: [],
  },
};
