/**
 * Stand-in for pg_safeupdate, which the platform preloads for PostgREST's login
 * (supabase/postgres, `20220118070449_enable-safeupdate-postgrest.sql`): an
 * update or delete without a condition is refused wherever it is analysed, even
 * in a trigger or a security definer function.
 *
 * The library hooks into analysis. Here Postgres prints each tree that it has
 * analysed, as a message to the client, and the transaction is undone at its
 * end. So, unlike there, a function cannot catch the error, one that sets
 * `client_min_messages` hides its statements, and a body between `begin atomic`
 * and `end`, which is analysed when it is created, is refused, too.
 *
 * @module
 */
// @ts-types="@types/pg"
import type pg from "pg";
import { SUPERUSER } from "../../postgres/cluster.ts";
import { connect } from "../../postgres/database.ts";
import type { DatabaseError } from "../http/problem.ts";

/** Options of a session that prints its statements to the client, but not to the server's log. */
export const PRINT_STATEMENTS = "-c debug_print_parse=on " +
  "-c debug_pretty_print=off -c client_min_messages=log " +
  "-c log_min_messages=fatal";

/** Lets the API's login keep trees out of the server's log, where they cost 40 ms per alert (to the client alone 6 ms; 2026-11-25). */
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
  /** Returns the error for the first unsafe statement so far. */
  refusal(): UnsafeStatement | undefined;
}

interface Notice {
  /** The function in Postgres that sent the message. */
  routine: string | undefined;
  message: string | undefined;
  detail: string | undefined;
}

/** Watches the statements that a session analyses, until it is disposed of. */
export function watchStatements(client: pg.ClientBase): StatementWatch {
  let refusal: UnsafeStatement | undefined;
  const onNotice = ({ routine, message, detail }: Notice) => {
    // A SQL function may raise the same text, but not from that C function.
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

/** Returns why pg_safeupdate refuses a query, if it does. The tree is as Postgres prints it. */
export function refusalOf(tree: string): string | undefined {
  return /:commandType\s[24]/.test(tree)
    ? refusalIn(parseTree(tree))
    : undefined;
}

/** Checks the query and the statements in its `with`, but no subquery: a condition belongs to its own query. */
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

/** The fields of a node, each with its first value. */
interface Node {
  [field: string]: Value;
}
type Value = string | Node | Value[];

/** Brackets, and words in which a backslash escapes the next character (Postgres' `outToken`). */
const TOKEN = /[{}()]|(?:\\[^]|[^\s{}()\\])+/g;

/** Reads `{TYPE :field value …}`; lists are in round brackets. */
function parseTree(text: string): Node {
  const tokens = text.match(TOKEN) ?? [];
  let position = 0;
  const next = () => {
    const token = tokens[position++];
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
