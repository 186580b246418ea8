/**
 * Reads the columns of a table from its migration: their defaults, bounds and comments.
 *
 * @module
 */
import { loadModule, parseSync } from "libpg-query";

export interface Column {
  name: string;
  type: string;
  /** Absent: none, so the column is empty. */
  preset?: string;
  /** In words, from the names of its checks. */
  bounds: string[];
  comment: string;
}

const MIGRATIONS = new URL("../../supabase/migrations/", import.meta.url);

// deno-lint-ignore no-explicit-any -- a syntax tree
type Tree = any;

/** Returns the columns of a table of `public`, from the migration of the same topic. */
export async function columnsOf(table: string): Promise<Column[]> {
  await loadModule();
  const { stmts = [] } = parseSync(await migrationOf(table));
  const statements: Tree[] = stmts.map(({ stmt }) => stmt);
  const { tableElts } =
    statements.find(({ CreateStmt }) => CreateStmt?.relation.relname === table)
      .CreateStmt;
  const comments = new Map(
    statements.flatMap(({ CommentStmt }) => commentIn(CommentStmt, table)),
  );
  return tableElts.flatMap(({ ColumnDef }: Tree) =>
    ColumnDef ? [columnIn(ColumnDef, comments)] : []
  );
}

async function migrationOf(table: string): Promise<string> {
  for (const { name } of Deno.readDirSync(MIGRATIONS)) {
    if (name.replace(/^\d+_/, "") === `${table}.sql`) {
      return await Deno.readTextFile(new URL(name, MIGRATIONS));
    }
  }
  throw new Error(`Cannot find the migration of ${table}`);
}

function commentIn(statement: Tree, table: string): [string, string][] {
  if (statement?.objtype !== "OBJECT_COLUMN") return [];
  const path = statement.object.List.items.map(({ String }: Tree) =>
    String.sval
  );
  return path[1] === table ? [[path[2], statement.comment]] : [];
}

function columnIn(
  { colname: name, typeName, constraints = [] }: Tree,
  comments: ReadonlyMap<string, string>,
): Column {
  const own: Tree[] = constraints.map(({ Constraint }: Tree) => Constraint);
  const preset = own.find(({ contype }) => contype === "CONSTR_DEFAULT");
  return {
    name,
    type: typeName.names.at(-1).String.sval,
    ...preset && { preset: textOf(preset.raw_expr) },
    bounds: own.filter(({ contype }) => contype === "CONSTR_CHECK")
      .flatMap(({ conname }) => boundIn(conname)),
    comment: comments.get(name) ?? "",
  };
}

/** Returns the bound that the name of a check says: `strategies_max_exit_age_positive` is "more than 0". */
function boundIn(check: string): string[] {
  const said = /_(positive|between_.*|(?:has|is|have)_.*)$/.exec(check)?.[1];
  if (said === undefined) return []; // a closed set, which the schema has too
  if (said === "positive") return ["more than 0"];
  return [
    said.replace(/^(has|is|have)_/, "").replaceAll("_", " ")
      .replace("url", "URL"),
  ];
}

/** Returns a constant as it would be written; a function call is its name. */
function textOf({ A_Const, TypeCast, FuncCall }: Tree): string {
  if (TypeCast) return textOf(TypeCast.arg);
  if (FuncCall) return `${FuncCall.funcname.at(-1).String.sval}()`;
  const { sval, ival, boolval } = A_Const;
  if (boolval) return String(boolval.boolval ?? false);
  return ival ? String(ival.ival ?? 0) : sval.sval;
}
