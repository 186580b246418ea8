/** Types of the contract; see delivery.schema.json. */

/**
 * The body of a delivery to a function or URL
 */
export interface Delivery {
  headers: DeliveryHeaders;
  body: Message;
}
/**
 * Headers of a delivery to a function or URL
 */
export interface DeliveryHeaders {
  "content-type": "application/json";
  "x-correlation-id": string;
  /**
   * Id of the delivery on a route: the same in every attempt
   */
  "webhook-id": string;
  /**
   * Time of the attempt, in seconds since 1970
   */
  "webhook-timestamp": string;
  /**
   * Standard Webhooks: HMAC-SHA-256 of id.timestamp.body under the route's secret
   */
  "webhook-signature": string;
  /**
   * Only to function routes with send_secret_key
   */
  apikey?: string;
}
/**
 * A signal, as queues and deliveries carry it
 */
export interface Message {
  /**
   * The same on every route and in every replay
   */
  signal_id: string;
  /**
   * Slug of the strategy
   */
  strategy: string;
  /**
   * Stands in the answer to the alert; opens its trace
   */
  correlation_id: string;
  /**
   * The sender's word in canonical form
   */
  action: "buy" | "sell" | "exit" | "cancel" | "hold";
  /**
   * The position after the trade, as the sender states it
   */
  direction: ("long" | "short" | "flat") | null;
  /**
   * Its effect on a position; null: the alert does not say
   */
  intent:
    | (
      | "open_long"
      | "open_short"
      | "add_long"
      | "add_short"
      | "reduce_long"
      | "reduce_short"
      | "close_long"
      | "close_short"
      | "close"
      | "reverse_to_long"
      | "reverse_to_short"
    )
    | null;
  /**
   * The reversal of which only the closing half is sent on
   */
  reduced_from: ("reverse_to_long" | "reverse_to_short") | null;
  /**
   * Without its exchange
   */
  symbol: string | null;
  exchange: string | null;
  /**
   * Contracts, lots or units, as the sender counts them
   */
  quantity: number | null;
  /**
   * The alert's; may be negative
   */
  price: number | null;
  confidence: number | null;
  /**
   * The chart's interval, as the sender writes it
   */
  timeframe: string | null;
  /**
   * When the alert fired, according to the sender
   */
  fired_at: string | null;
  /**
   * When the alert arrived
   */
  received_at: string;
  /**
   * The sender's own id
   */
  external_id: string | null;
  /**
   * A test must never trade
   */
  is_test: boolean;
  /**
   * The alert as it was sent, credentials masked
   */
  payload: {
    [k: string]: unknown;
  };
  /**
   * Do not execute it afterwards
   */
  expires_at: string;
  /**
   * Only where an operator sent it again
   */
  replay_id?: string;
}
