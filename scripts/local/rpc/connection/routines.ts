/** Reads the functions of schema `public`, as PostgREST's schema cache does. */
import type { Database } from "../../postgres/database.ts";

export interface Parameter {
  name: string;
  type: string;
  required: boolean;
  variadic: boolean;
}

export interface Routine {
  name: string;
  parameters: Parameter[];
  /** Whether it returns a set, hence an array. */
  many: boolean;
  /** Whether a row has named columns instead of one value. */
  composite: boolean;
  returnsVoid: boolean;
  /** Whether it may write: it is neither stable nor immutable. */
  isVolatile: boolean;
  /** Its own `set statement_timeout`, which must apply to the whole call. */
  statementTimeout: string | null;
}

/** All overloads by name. */
export type Routines = Map<string, Routine[]>;

/** Reads the functions that the API may call. */
export async function readRoutines(sql: Database): Promise<Routines> {
  const rows = await sql.unsafe<Routine[]>(QUERY);
  return Map.groupBy(rows, ({ name }) => name);
}

const QUERY = `
  select
    proname as "name",
    coalesce(parameters.list, '[]') as "parameters",
    proretset as "many",
    kind.typtype = 'c' or coalesce(proargmodes::text[] && '{o,b,t}', false) as "composite",
    kind.typname = 'void' as "returnsVoid",
    provolatile = 'v' as "isVolatile",
    (
      select split_part(setting, '=', 2)
      from unnest(proconfig) as setting
      where setting like 'statement_timeout=%'
    ) as "statementTimeout"
  from pg_catalog.pg_proc
  join pg_catalog.pg_type as returned on returned.oid = prorettype
  join pg_catalog.pg_type as kind
    on kind.oid = case when returned.typtype = 'd' then returned.typbasetype else returned.oid end
  left join lateral (
    select json_agg(json_build_object(
      'name', coalesce(argument.name, ''),
      'type', case
        when argument.type = 'bpchar'::regtype then 'character varying'
        else format_type(argument.type, null)
      end,
      'required', place <= pronargs - pronargdefaults,
      'variadic', argument.mode = 'v'
    ) order by place) as list
    from (
      select row_number() over (order by all_place) as place, all_arguments.*
      from unnest(
        coalesce(proallargtypes, proargtypes::oid[]),
        proargnames,
        proargmodes::text[]
      ) with ordinality as all_arguments (type, name, mode, all_place)
      where coalesce(mode, 'i') in ('i', 'b', 'v')
    ) as argument
  ) as parameters on true
  where pronamespace = 'public'::regnamespace
    and prokind = 'f'
    and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  order by proname, pg_proc.oid`;
