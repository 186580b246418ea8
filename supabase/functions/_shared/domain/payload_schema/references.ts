/**
 * References in a payload schema: to its own parts only, and never in a circle.
 *
 * @module
 */
import type { Schema } from "./applicators.ts";
import { isObject } from "./assertions.ts";

/** Keywords under which a schema applies to the same value as the schema around it. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/** Keywords that hold a schema or a list of some, and those that hold schemas by name. */
const PLAIN = [
  ...IN_PLACE,
  "additionalProperties",
  "propertyNames",
  "items",
  "prefixItems",
  "contains",
];
const NAMED = [
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
];

/** Yields a schema and all schemas in it. */
export function* schemasIn(schema: Schema): Generator<Schema> {
  yield schema;
  if (typeof schema === "boolean") return;
  const inside = [
    ...PLAIN.flatMap((keyword) => schema[keyword] ?? []),
    ...NAMED.flatMap((keyword) => Object.values(schema[keyword] ?? {})),
  ];
  for (const one of inside as Schema[]) yield* schemasIn(one);
}

/** Returns the schema that `$ref` names in `root`; throws if none of `known` is called so. */
export function resolveReference(
  root: Schema,
  $ref: string,
  known?: ReadonlySet<Schema>,
): Schema {
  const missing = new Error(`$ref: nothing is called "${$ref}"`);
  const [, pointer] = /^#((?:\/.*)?)$/s.exec($ref) ?? [];
  if (pointer === undefined) throw missing;
  let found: unknown = root;
  for (const part of pointer.split("/").slice(1)) {
    const name = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (
      typeof found !== "object" || found === null || !Object.hasOwn(found, name)
    ) {
      throw missing;
    }
    found = found[name as keyof typeof found];
  }
  // Elsewhere, as in an enum, nobody has checked its keywords.
  if (typeof found === "boolean") return found;
  if (isObject(found) && (!known || known.has(found))) return found;
  throw missing;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Throws if one of the schemas in `root` refers to itself without looking at another value: it would never end. */
export function refuseCircle(root: Schema, schemas: Iterable<Schema>): void {
  const done = new Set<Schema>();
  const under = new Set<Schema>();
  function visit(schema: Schema): void {
    if (typeof schema === "boolean" || done.has(schema)) return;
    if (under.has(schema)) {
      throw new Error("$ref: the schema refers to itself without end");
    }
    under.add(schema);
    inPlace(root, schema).forEach(visit);
    under.delete(schema);
    done.add(schema);
  }
  for (const schema of schemas) visit(schema);
}

function inPlace(root: Schema, schema: Exclude<Schema, boolean>): Schema[] {
  const { $ref, dependentSchemas = {} } = schema;
  return [
    ...typeof $ref === "string" ? [resolveReference(root, $ref)] : [],
    ...IN_PLACE.flatMap((keyword) => schema[keyword] ?? []) as Schema[],
    ...Object.values(dependentSchemas as Record<string, Schema>),
  ];
}
