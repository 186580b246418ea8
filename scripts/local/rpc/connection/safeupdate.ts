/**
 * Stand-in for pg_safeupdate, which the platform preloads for PostgREST's login
 * (supabase/postgres, `20220118070449_enable-safeupdate-postgrest.sql`): an
 * update or delete without a condition is refused wherever it is analysed, also
 * in a trigger or a function of its owner's rights.
 *
 * The library hooks into analysis; here Postgres prints each tree that it has
 * analysed, as a message to the client, and the transaction is undone at its
 * end. So a function cannot catch the error as it could there, one that sets
 * `client_min_messages` itself hides what it does, and a body between `begin
 * atomic` and `end`, which is analysed when it is created, is refused as well.
 *
 * @module
 */
// @ts-types="@types/pg"
import type pg from "pg";
import { SUPERUSER } from "../../postgres/cluster.ts";
import { connect } from "../../postgres/database.ts";
import type { DatabaseError } from "../http/problem.ts";

/** The options of a session whose statements can be watched: printed to the client, and not to the server's log as well. */
export const PRINT_STATEMENTS = "-c debug_print_parse=on " +
  "-c debug_pretty_print=off -c client_min_messages=log " +
  "-c log_min_messages=fatal";

/** Lets the API's login keep trees out of the server's log, where they cost 40 ms an alert (to the client alone: 6 ms; 2026-11-25). */
export async function allowPrinting(port: number): Promise<void> {
  const sql = connect(port, SUPERUSER);
  try {
    await sql`grant set on parameter log_min_messages to authenticator`;
  } finally {
    await sql.end();
  }
}

/** The error that pg_safeupdate raises. */
export class UnsafeStatement extends Error implements DatabaseError {
  readonly code = "21000";
  readonly severity = "ERROR";
}

export interface StatementWatch extends Disposable {
  /** The first statement that is refused, once it has been seen. */
  refusal(): UnsafeStatement | undefined;
}

interface Notice {
  /** The function of Postgres that sent it. */
  routine: string | undefined;
  message: string | undefined;
  detail: string | undefined;
}

/** Watches what a session analyses, until it is disposed of. */
export function watchStatements(client: pg.ClientBase): StatementWatch {
  let refusal: UnsafeStatement | undefined;
  const onNotice = ({ routine, message, detail }: Notice) => {
    // A function may raise the same text, but not from there.
    if (routine !== "elog_node_display" || message !== "parse tree:") return;
    const reason = refusalOf(detail!);
    if (reason !== undefined) refusal ??= new UnsafeStatement(reason);
  };
  client.on("notice", onNotice);
  return {
    refusal: () => refusal,
    [Symbol.dispose]: () => void client.off("notice", onNotice),
  };
}

/** `CmdType` in Postgres' nodes.h. */
const COMMANDS = new Map([["2", "UPDATE"], ["4", "DELETE"]]);

/** Returns why pg_safeupdate refuses a query, given as Postgres prints its tree, if it does. */
export function refusalOf(tree: string): string | undefined {
  return /:commandType\s[24]/.test(tree)
    ? refusalIn(parseTree(tree))
    : undefined;
}

/** Looks at the query and at what its `with` changes, and at no subquery: a condition is its own query's. */
function refusalIn(query: Node): string | undefined {
  const ctes = query["cteList"] as Node[] | "<>";
  for (const { ctequery } of ctes === "<>" ? [] : ctes) {
    const refusal = refusalIn(ctequery as Node);
    if (refusal !== undefined) return refusal;
  }
  const command = COMMANDS.get(query["commandType"] as string);
  if (command === undefined) return;
  const { quals } = query["jointree"] as Node;
  return quals === "<>" ? `${command} requires a WHERE clause` : undefined;
}

/** A node's fields, each with the first of its values. */
interface Node {
  [field: string]: Value;
}
type Value = string | Node | Value[];

/** Brackets, and words in which a backslash takes the next character's meaning away (Postgres' `outToken`). */
const TOKEN = /[{}()]|(?:\\[^]|[^\s{}()\\])+/g;

/** Reads `{TYPE :field value …}`; lists are in round brackets. */
function parseTree(text: string): Node {
  const tokens = text.match(TOKEN) ?? [];
  let place = 0;
  const next = () => {
    const token = tokens[place++];
    if (token === undefined) throw new Error("Cannot read parse tree: cut off");
    return token;
  };
  const parseUntil = (end: string, take: (value: Value) => void) => {
    for (let token = next(); token !== end; token = next()) {
      take(token === "{" ? parseNode() : token === "(" ? parseList() : token);
    }
  };
  const parseList = () => {
    const list: Value[] = [];
    parseUntil(")", (value) => list.push(value));
    return list;
  };
  const parseNode = () => {
    const node: Node = {};
    let field = "type";
    parseUntil("}", (value) => {
      if (typeof value === "string" && value.startsWith(":")) {
        field = value.slice(1);
      } else {
        node[field] ??= value;
      }
    });
    return node;
  };
  next();
  return parseNode();
}
