/**
 * Finds statements that the platform refuses: PostgREST's login loads `safeupdate`, which rejects
 * every `update` or `delete` without `where`, even in `security definer` functions and
 * triggers (supabase/postgres, 20220118070449_enable-safeupdate-postgrest.sql).
 *
 * @module
 */
import { loadModule, parsePlPgSQLSync, parseSync } from "libpg-query";
import type { Sql, TransactionSql } from "postgres";

interface Routine {
  name: string;
  language: "sql" | "plpgsql";
  /** The whole `create function` statement. */
  definition: string;
}

const ROUTINES = `
  select pg_proc.oid::regprocedure::text as name, lanname as language,
    pg_get_functiondef(pg_proc.oid) as definition
  from pg_catalog.pg_proc
  join pg_catalog.pg_language on pg_language.oid = prolang
  where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and prokind in ('f', 'p') and lanname in ('sql', 'plpgsql')
  order by 1`;

/** Returns a line for each such statement in the functions of `public` and `private`. */
export async function findUnfilteredWrites(
  sql: Sql | TransactionSql,
): Promise<string[]> {
  await loadModule();
  const routines = await sql.unsafe<Routine[]>(ROUTINES);
  return routines.flatMap((routine) =>
    unfilteredWrites(routine).map((write) => `${routine.name}: ${write}`)
  );
}

/** Returns a function's writes without `where`, such as `update private.catalog_version`. Call the parser's `loadModule` first. */
export function unfilteredWrites(
  { language, definition }: Omit<Routine, "name">,
): string[] {
  if (language === "plpgsql") {
    const tree = parsePlPgSQLSync(withPlainResult(definition));
    return [...expressions(tree)].flatMap(readExpression);
  }
  const tree = parseSync(definition);
  const bodies = [...nodes(tree, "DefElem")]
    .filter(({ defname }) => defname === "as")
    .flatMap((option) => [...nodes(option, "String")]);
  // A body in the standard's form (`begin atomic`) is part of the tree.
  return [
    ...writesIn(tree),
    ...bodies.flatMap(({ sval }) => writesIn(parseSync(String(sval)))),
  ];
}

/** Replaces the result type: without a catalog the parser takes our types for records, whose arrays a function may not return. */
function withPlainResult(definition: string): string {
  return definition.replace(
    /^ RETURNS (?!SETOF |TABLE\(|void$|record$|(event_)?trigger$).*$/m,
    " RETURNS integer",
  );
}

/** A node of either parser's tree. */
type Node = Record<string, unknown>;

/** A piece of SQL in a PL/pgSQL function. */
interface Expression {
  query: string;
  /** Whether it yields the text of a statement that is executed. */
  isDynamic: boolean;
}

/** The parser's names for expressions that yield the text of a statement. */
const DYNAMIC: Record<string, string> = {
  "PLpgSQL_stmt_dynexecute": "query",
  "PLpgSQL_stmt_dynfors": "query",
  "PLpgSQL_stmt_return_query": "dynquery",
  "PLpgSQL_stmt_open": "dynquery",
};

const AS_TEXT = "write the statement as one text";

function* expressions(tree: unknown, isDynamic = false): Generator<Expression> {
  if (typeof tree !== "object" || tree === null) return;
  for (const [kind, child] of Object.entries(tree)) {
    if (kind === "PLpgSQL_expr") {
      yield { query: String(child.query), isDynamic };
    } else if (kind in DYNAMIC) {
      const { [DYNAMIC[kind]!]: text, ...rest } = child;
      yield* expressions(text, true);
      yield* expressions(rest);
    } else {
      yield* expressions(child, isDynamic);
    }
  }
}

function readExpression({ query, isDynamic }: Expression): string[] {
  const tree = parsed(query) ?? parsed(`select ${query}`) ??
    // An assignment: `target := value`.
    parsed(`select ${query.replace(/^.*?:?=/s, "")}`);
  if (!tree) return [`cannot read ${shown(query)}`];
  if (!isDynamic) return writesIn(tree);
  const texts = [...nodes(tree, "A_Const")]
    .map(({ sval }) => String((sval as Node | undefined)?.sval ?? ""))
    .filter((text) => text !== "");
  return texts.length
    ? texts.flatMap(readTemplate)
    : [`cannot read ${shown(query)}: ${AS_TEXT}`];
}

/** Reads the first argument of `format`: https://www.postgresql.org/docs/17/functions-string.html#FUNCTIONS-STRING-FORMAT */
function readTemplate(template: string): string[] {
  const text = template.replace(/%(\d+\$)?[-\d]*[sIL]/g, "placeholder")
    .replaceAll("%%", "%");
  const tree = parsed(text);
  if (tree) return writesIn(tree);
  return /\b(update|delete)\b/i.test(text)
    ? [`cannot read ${shown(template)}: ${AS_TEXT}`]
    : [];
}

function parsed(text: string): unknown {
  try {
    return parseSync(text);
  } catch {
    return undefined; // the caller tries another form or reports it
  }
}

function writesIn(tree: unknown): string[] {
  return ([["UpdateStmt", "update"], ["DeleteStmt", "delete from"]] as const)
    .flatMap(([kind, verb]) =>
      [...nodes(tree, kind)]
        .filter(({ whereClause }) => whereClause === undefined)
        .map(({ relation }) => `${verb} ${nameOf(relation as Node)}`)
    );
}

function nameOf({ schemaname, relname }: Node): string {
  return [schemaname, relname].filter(Boolean).join(".");
}

function shown(text: string): string {
  return JSON.stringify(text.trim().slice(0, 60));
}

/** Yields every node of a kind, at any depth. */
function* nodes(tree: unknown, name: string): Generator<Node> {
  if (typeof tree !== "object" || tree === null) return;
  for (const [kind, child] of Object.entries(tree)) {
    if (kind === name) yield child as Node;
    yield* nodes(child, name);
  }
}
