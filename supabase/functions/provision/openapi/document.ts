/**
 * Makes the OpenAPI document of `provision`, `worker` and `webhook` from the calls and their schemas, with the
 * deliveries as its webhooks: https://spec.openapis.org/oas/v3.1.1
 *
 * @module
 */
import { z } from "zod";
import { REFUSALS } from "../../_shared/domain/refusal.ts";
import {
  deliveryHeadersSchema,
  messageSchema,
} from "../../_shared/worker_api/message.ts";
import { kit, problem, strategy } from "./answers/strategies.ts";
import type { Call, Group } from "./call.ts";
import { GROUPS, SECURITY } from "./groups.ts";
import { VERSION } from "../../_shared/version.ts";

const REF = "#/components/schemas/";
const ref = (id: string) => ({ $ref: REF + id });

type Json = Record<string, unknown>;
type Names = z.core.$ZodRegistry<{ id: string }>;

/** Returns the document; `server` is where the functions are. */
export function openapiDocument(server: Json): Json {
  const names: Names = z.registry<{ id: string }>();
  const named = { Problem: problem, Message: messageSchema, Kit: kit };
  for (const [id, schema] of Object.entries(named)) names.add(schema, { id });
  names.add(strategy, { id: "Strategy" });
  const paths: Record<string, Json> = {};
  for (const group of GROUPS) {
    for (const [key, call] of Object.entries(group.calls)) {
      const [method, path] = key.split(" ") as [string, string];
      const operations = paths[group.prefix + path] ??= parametersIn(path);
      operations[method.toLowerCase()] = operation(call, group, names);
    }
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Alert router",
      version: VERSION,
      license: { name: "MIT", identifier: "MIT" },
      description:
        "Answers may gain fields. Every answer has the header `x-correlation-id`; every refusal is a problem (RFC 9457).",
    },
    servers: [server],
    tags: GROUPS.map(({ tag, description }) => ({ name: tag, description })),
    paths,
    webhooks: { delivery: { post: delivery() } },
    components: { securitySchemes: SECURITY, schemas: schemasOf(names) },
  };
}

/** Returns JSON Schemas by name; what goes over the wire is what the zod schemas take in. */
function schemasOf(names: Names): Json {
  const { schemas } = z.toJSONSchema(names, {
    io: "input",
    uri: (id) => REF + id,
  });
  return Object.fromEntries(
    Object.entries(schemas)
      .map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema] as const)
      .sort(([one], [other]) => one < other ? -1 : 1),
  );
}

function parametersIn(path: string): Json {
  const parameters = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return parameters.length ? { parameters } : {};
}

function operation(call: Call, group: Group, names: Names): Json {
  const name = call.id[0]!.toUpperCase() + call.id.slice(1);
  const schemes = call.access === "open"
    ? []
    : [...group.security, ...call.security ?? []];
  const security = schemes.map((scheme) => ({ [scheme]: [] }));
  return {
    operationId: call.id,
    tags: [group.tag],
    summary: call.summary,
    security: call.access === "optional" ? [{}, ...security] : security,
    ...call.query && { parameters: parameters(call.query, "query") },
    ...call.body && { requestBody: json(call.body, `${name}Request`, names) },
    ...group.tag === "webhook" && { requestBody: ALERT },
    responses: responsesOf(call, group, `${name}Answer`, names),
  };
}

function parameters(given: z.ZodObject, place: "query" | "header"): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(given, {
    io: "input",
  });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

/** Returns the content of a body; its schema gets a name unless it has one. */
function json(schema: z.ZodType, id: string, names: Names): Json {
  if (!names.has(schema)) names.add(schema, { id });
  return {
    content: { "application/json": { schema: ref(names.get(schema)!.id) } },
  };
}

function responsesOf(
  call: Call,
  group: Group,
  id: string,
  names: Names,
): Json {
  const codes = new Set([...group.refusals, ...call.refusals]);
  if (call.access === "open") codes.delete("not_authorized");
  const responses: Record<string, { description: string; content?: Json }> = {};
  for (const [status, kinds] of Object.entries(call.answers)) {
    const contents = kinds.map((kind) =>
      typeof kind === "string"
        ? { [kind]: { schema: { type: "string" } } }
        : json(kind, status === "202" ? `${id}202` : id, names).content
    );
    responses[status] = {
      description: "Done",
      ...contents.length && { content: Object.assign({}, ...contents) },
    };
  }
  for (const code of codes) {
    const { status } = REFUSALS[code];
    const known = responses[status];
    responses[status] = {
      description: known ? `${known.description}, \`${code}\`` : `\`${code}\``,
      content: {
        ...known?.content,
        "application/problem+json": { schema: ref("Problem") },
      },
    };
  }
  return responses;
}

const ALERT = {
  description: "Any of the forms in docs/alerts.md, at most 64 KiB",
  required: true,
  content: { "*/*": { schema: {} } },
};

function delivery(): Json {
  const headers = deliveryHeadersSchema.omit({ "content-type": true });
  return {
    operationId: "delivery",
    tags: ["webhook"],
    summary: "Brings a signal to a function or URL",
    description: "Any 2xx within 5 s takes it.",
    security: [],
    parameters: parameters(headers, "header"),
    requestBody: {
      required: true,
      content: { "application/json": { schema: ref("Message") } },
    },
    responses: { "2XX": { description: "Taken" } },
  };
}
