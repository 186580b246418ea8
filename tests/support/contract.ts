/**
 * Compares what really goes over the wire with the files of docs/contract/. Consumers must ignore fields that they do
 * not know; here every field has to be in the contract.
 *
 * @module
 */
import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import openapi from "../../docs/contract/openapi.json" with { type: "json" };
import delivery from "../../docs/contract/delivery.schema.json" with {
  type: "json",
};

type Json = Record<string, unknown>;
type Content = Record<string, { schema?: Json }>;
interface Operation {
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

/** A call and its answer. */
export interface Exchange {
  method: string;
  /** The path, with or without what is before it. */
  url: string;
  sent?: unknown;
  status: number;
  /** Its media type, `application/json` unless the status is a refusal's. */
  type?: string | null;
  answer: unknown;
}

/** Returns a schema that takes no field but those that it names. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== "object" || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, exact(inner)]),
  );
  const { properties, additionalProperties } = schema as Json;
  const isOpen = additionalProperties === undefined ||
    JSON.stringify(additionalProperties) === "{}";
  return properties && Object.keys(properties).length && isOpen
    ? { ...schema, additionalProperties: false }
    : schema;
}

const components = exact(openapi.components) as Json;
const validators = new Map<string, Validator>();

/** Throws if a value does not fit a schema of the contract. */
function check(what: string, schema: Json, value: unknown): void {
  const key = JSON.stringify(schema);
  let validator = validators.get(key);
  if (!validator) {
    const whole = { ...schema, components } as Schema;
    validator = new Validator(whole, "2020-12", false);
    validators.set(key, validator);
  }
  const { valid, errors } = validator.validate(value);
  if (valid) return;
  throw new Error(
    `${what} does not fit docs/contract/: ${faultsIn(errors)} in ${
      JSON.stringify(value).slice(0, 2000)
    }`,
  );
}

/** The deepest errors say most. */
function faultsIn(errors: OutputUnit[]): string {
  return errors.slice(-6)
    .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)
    .join("; ");
}

const OPERATIONS = Object.entries(openapi.paths).map(([path, operations]) => ({
  pattern: new RegExp(`^${path.replaceAll(/{\w+}/g, "[^/]+")}/?$`),
  operations: operations as unknown as Record<string, Operation>,
}));

/** Throws if an answer, or a request that was accepted, does not fit the contract. */
export function checkExchange(
  { method, url, sent, status, type, answer }: Exchange,
): void {
  const path = new URL(url, "http://x").pathname
    .replace(/^\/functions\/v1(?=\/)/, "");
  const what = `${method} ${path}: ${status}`;
  const isProblem = type === undefined
    ? status >= 400
    : /problem\+json/.test(type ?? "");
  const operation = OPERATIONS.find(({ pattern }) => pattern.test(path))
    ?.operations[method.toLowerCase()];
  if (!operation) {
    if (status >= 400) return check(what, PROBLEM, answer);
    throw new Error(`${what} is not in docs/contract/openapi.json`);
  }
  const media = isProblem ? "application/problem+json" : "application/json";
  const schema = operation.responses[status]?.content?.[media]?.schema;
  if (!schema) throw new Error(`${what} is no answer that the contract knows`);
  check(what, schema, answer);
  const asked = operation.requestBody?.content["application/json"]?.schema;
  if (asked && status < 300) check(`${what}, request`, asked, sent ?? {});
}

const PROBLEM = { $ref: "#/components/schemas/Problem" };
const MESSAGE = { $ref: "#/components/schemas/Message" };
const DELIVERY = exact(delivery) as Json;

/** Throws if a message of a queue does not fit the contract. */
export function checkMessage(message: unknown): void {
  check("A message", MESSAGE, message);
}

/** The headers that a client's connection adds. */
const OF_HTTP = /^(host|accept.*|user-agent|content-length|connection)$/;

/** Throws if what a target got does not fit the contract. */
export function checkDelivery(headers: Headers, text: string): void {
  const own = [...headers].filter(([name]) => !OF_HTTP.test(name));
  check("A delivery", DELIVERY, {
    headers: Object.fromEntries(own),
    body: JSON.parse(text),
  });
}
