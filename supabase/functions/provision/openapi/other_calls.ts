/** Calls of `worker` and of `webhook`. */
import { z } from "zod";
import {
  claimAnswerSchema,
  claimedSchema,
  claimSchema,
  completeSchema,
  extendAnswerSchema,
  extendSchema,
  failSchema,
  heartbeatAnswerSchema,
  heartbeatSchema,
  rejectSchema,
  settleAnswerSchema,
} from "../../_shared/worker_api/calls.ts";
import { messageSchema } from "../../_shared/worker_api/message.ts";
import { accepted, duplicate } from "./answers/strategies.ts";
import type { Calls } from "./call.ts";

const claimed = claimAnswerSchema.extend({
  signals: z.array(claimedSchema.extend({ message: messageSchema })),
});

export const WORKER_CALLS: Calls = {
  "POST /claim": {
    id: "claim",
    summary: "Leases signals, and may wait for them",
    body: claimSchema,
    answers: { 200: [claimed] },
    refusals: [],
  },
  "POST /extend": {
    id: "extend",
    summary: "Makes a lease longer, up to 15 minutes in all",
    body: extendSchema,
    answers: { 200: [extendAnswerSchema] },
    refusals: ["not_held"],
  },
  "POST /complete": {
    id: "complete",
    summary: "Gives a signal back as executed",
    body: completeSchema,
    answers: { 200: [settleAnswerSchema] },
    refusals: ["not_held"],
  },
  "POST /fail": {
    id: "fail",
    summary: "Gives a signal back to be tried again later",
    body: failSchema,
    answers: { 200: [settleAnswerSchema] },
    refusals: ["not_held"],
  },
  "POST /reject": {
    id: "reject",
    summary: "Gives a signal back for good: it cannot be executed",
    body: rejectSchema,
    answers: { 200: [settleAnswerSchema] },
    refusals: ["not_held"],
  },
  "POST /heartbeat": {
    id: "heartbeat",
    summary: "Says that the worker is there",
    body: heartbeatSchema,
    answers: { 200: [heartbeatAnswerSchema] },
    refusals: [],
  },
};

const alert = {
  answers: { 200: [duplicate], 202: [accepted] },
  refusals: [],
};

export const WEBHOOK_CALLS: Calls = {
  "POST /webhook": {
    id: "sendUniversal",
    summary: "Takes an alert that names its strategy",
    ...alert,
  },
  "POST /webhook/{slug}": {
    id: "sendDedicated",
    summary: "Takes an alert for a strategy",
    ...alert,
  },
};
