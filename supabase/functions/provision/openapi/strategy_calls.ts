/** Calls of `provision` about strategies, the universal endpoint and workers. */
import { z } from "zod";
import {
  patchSchema,
  registrationSchema,
  routeChangeSchemas,
  routeSchema,
} from "../../_shared/provision_api/settings.ts";
import {
  kitQuerySchema,
  rotationSchema,
} from "../../_shared/provision_api/strategy.ts";
import { testSchema } from "../../_shared/provision_api/test_alert.ts";
import { workerSettingsSchema } from "../../_shared/worker_api/settings.ts";
import {
  kit,
  revokedAnswer,
  routeAnswer,
  routeDeletedAnswer,
  strategiesAnswer,
  strategyAnswer,
  strategyPatchAnswer,
  universal,
} from "./answers/strategies.ts";
import type { Calls } from "./call.ts";
import { dryRunAnswer, testAnswer } from "./answers/test_alerts.ts";
import {
  deletedAnswer,
  workerKeyAnswer,
  workersAnswer,
} from "./answers/operations.ts";

const reveal = z.object({
  reveal: z.enum(["true", "false"]).optional()
    .describe("true: with secrets and tokens"),
});

export const STRATEGY_CALLS: Calls = {
  "GET /strategies": {
    id: "listStrategies",
    summary: "Lists all strategies",
    answers: { 200: [strategiesAnswer] },
    refusals: [],
  },
  "POST /strategies": {
    id: "registerStrategy",
    summary: "Registers a strategy; one with the same settings is shown",
    query: kitQuerySchema,
    body: registrationSchema,
    answers: { 200: [kit, "text/plain"], 201: [kit, "text/plain"] },
    refusals: [
      "invalid_request",
      "strategy_exists",
      "name_taken",
      "unreadable_secret",
    ],
  },
  "GET /strategies/{slug}": {
    id: "showStrategy",
    summary: "Shows a strategy, by slug, name or alias",
    query: reveal.extend(kitQuerySchema.shape),
    answers: { 200: [z.union([strategyAnswer, kit]), "text/plain"] },
    refusals: ["invalid_request", "not_found", "unreadable_secret"],
  },
  "PATCH /strategies/{slug}": {
    id: "changeStrategy",
    summary: "Changes settings of a strategy; adds and changes routes",
    body: patchSchema,
    answers: { 200: [strategyPatchAnswer] },
    refusals: ["invalid_request", "not_found", "name_taken"],
  },
  "POST /strategies/{slug}/routes": {
    id: "addRoute",
    summary: "Adds a route to a strategy",
    body: routeSchema,
    answers: { 201: [routeAnswer] },
    refusals: ["invalid_request", "not_found", "route_exists"],
  },
  "PATCH /strategies/{slug}/routes/{id}": {
    id: "changeRoute",
    summary:
      "Changes what is named of a route; with `enabled: true` turns it on again",
    body: z.union(Object.values(routeChangeSchemas)),
    answers: { 200: [routeAnswer] },
    refusals: ["invalid_request", "not_found", "route_exists"],
  },
  "DELETE /strategies/{slug}/routes/{id}": {
    id: "deleteRoute",
    summary: "Deletes a route, and cancels the dispatches that wait for it",
    answers: { 200: [routeDeletedAnswer] },
    refusals: ["not_found"],
  },
  "POST /strategies/{slug}/rotate": {
    id: "rotateSecret",
    summary: "Makes a new secret; the previous one works on for the overlap",
    query: kitQuerySchema,
    body: rotationSchema,
    answers: { 200: [kit, "text/plain"] },
    refusals: [
      "invalid_request",
      "not_found",
      "rotation_in_progress",
      "unreadable_secret",
    ],
  },
  "POST /strategies/{slug}/revoke": {
    id: "revokeSecret",
    summary: "Ends the previous secret now",
    answers: { 200: [revokedAnswer] },
    refusals: ["not_found"],
  },
  "POST /strategies/{slug}/test": {
    id: "testStrategy",
    summary: "Sends a test alert, or explains what would become of an alert",
    body: testSchema,
    answers: { 200: [z.union([testAnswer, dryRunAnswer])] },
    refusals: ["invalid_request", "not_found", "unreadable_secret"],
  },
  "GET /universal": {
    id: "showUniversal",
    summary: "Shows the universal endpoint",
    query: reveal,
    answers: { 200: [universal] },
    refusals: ["unreadable_secret"],
  },
  "POST /universal/rotate": {
    id: "rotateUniversalSecret",
    summary: "Makes a new universal secret",
    body: rotationSchema,
    answers: { 200: [universal] },
    refusals: ["invalid_request", "rotation_in_progress", "unreadable_secret"],
  },
  "POST /universal/revoke": {
    id: "revokeUniversalSecret",
    summary: "Ends the previous universal secret now",
    answers: { 200: [revokedAnswer] },
    refusals: [],
  },
  "GET /workers": {
    id: "listWorkers",
    summary: "Lists all workers, without keys",
    answers: { 200: [workersAnswer] },
    refusals: [],
  },
  "POST /workers": {
    id: "createWorker",
    summary: "Makes a worker with a key, which is shown this once",
    body: workerSettingsSchema,
    answers: { 201: [workerKeyAnswer] },
    refusals: ["invalid_request", "name_taken"],
  },
  "POST /workers/{id}/rotate": {
    id: "rotateWorkerKey",
    summary: "Makes a new key; the previous one works on for the overlap",
    body: rotationSchema,
    answers: { 200: [workerKeyAnswer] },
    refusals: ["invalid_request", "not_found", "rotation_in_progress"],
  },
  "POST /workers/{id}/revoke": {
    id: "revokeWorkerKey",
    summary: "Ends the previous key now",
    answers: { 200: [revokedAnswer] },
    refusals: ["not_found"],
  },
  "DELETE /workers/{id}": {
    id: "deleteWorker",
    summary: "Deletes a worker; its keys end now",
    answers: { 200: [deletedAnswer] },
    refusals: ["not_found"],
  },
};
