/**
 * The contract of what workers and targets get: the message of a signal, and the headers of its delivery. What is sent
 * is made in SQL (`private.signal_message`) and in `dispatch`; tests compare it with this.
 *
 * @module
 */
import { z } from "zod";
import { ACTIONS, DIRECTIONS, INTENTS } from "../domain/vocabulary.ts";

const uuid = z.string().meta({ format: "uuid" });
const time = z.string().meta({ format: "date-time" });
const text = z.string().max(256).nullable();

export const messageSchema = z.object({
  signal_id: uuid.describe("The same on every route and in every replay"),
  strategy: z.string().max(40).describe("Slug of the strategy"),
  correlation_id: uuid.describe(
    "Stands in the answer to the alert; opens its trace",
  ),
  action: z.enum(ACTIONS).describe("The sender's word in canonical form"),
  direction: z.enum(DIRECTIONS).nullable()
    .describe("The position after the trade, as the sender states it"),
  intent: z.enum(INTENTS).nullable()
    .describe("Its effect on a position; null: the alert does not say"),
  reduced_from: z.enum(["reverse_to_long", "reverse_to_short"]).nullable()
    .describe("The reversal of which only the closing half is sent on"),
  symbol: z.string().max(64).nullable().describe("Without its exchange"),
  exchange: text,
  quantity: z.number().min(0).nullable()
    .describe("Contracts, lots or units, as the sender counts them"),
  price: z.number().nullable().describe("The alert's; may be negative"),
  confidence: z.number().min(0).max(1).nullable(),
  timeframe: text.describe("The chart's interval, as the sender writes it"),
  fired_at: time.nullable().describe(
    "When the alert fired, according to the sender",
  ),
  received_at: time.describe("When the alert arrived"),
  external_id: text.describe("The sender's own id"),
  is_test: z.boolean().describe("A test must never trade"),
  payload: z.record(z.string(), z.unknown())
    .describe("The alert as it was sent, credentials masked"),
  expires_at: time.describe("Do not execute it afterwards"),
  replay_id: uuid.optional().describe("Only where an operator sent it again"),
}).describe("A signal, as queues and deliveries carry it");

/** Names of headers are lower case. */
export const deliveryHeadersSchema = z.object({
  "content-type": z.literal("application/json"),
  "x-correlation-id": uuid,
  "webhook-id": uuid.describe(
    "Id of the delivery on a route: the same in every attempt",
  ),
  "webhook-timestamp": z.string().regex(/^\d{10}$/)
    .describe("Time of the attempt, in seconds since 1970"),
  "webhook-signature": z.string().regex(/^v1,[A-Za-z0-9+/]{43}=$/)
    .describe(
      "Standard Webhooks: HMAC-SHA-256 of id.timestamp.body under the route's secret",
    ),
  apikey: z.string().optional()
    .describe("Only to function routes with send_secret_key"),
}).describe("Headers of a delivery to a function or URL");
