/** Connections that others have taken. */
import { connect, type Database } from "../../local/postgres/database.ts";
import type { Fault, Stage } from "../stage/fault.ts";
import { POSTGRES } from "../stage/subject.ts";

const RECOVERS_MS = 1000;
/** `max_connections` of the local stack. */
const MOST = 100;

/** Connects as often as Postgres allows. */
async function takeAll({ subject }: Stage): Promise<Database[]> {
  const tries = Array.from({ length: MOST }, async () => {
    const sql = connect(subject.dbPort, "postgres");
    try {
      await sql`select`;
      return [sql];
    } catch {
      await sql.end({ timeout: 0 }); // refused: all are taken
      return [];
    }
  });
  return (await Promise.all(tries)).flat();
}

function exhaust(seconds: number, cutsApi: boolean): Fault {
  let taken: Database[] = [];
  return {
    family: "connections",
    name: `all connections taken for ${seconds} s${
      cutsApi ? ", the API's own cut first" : ""
    }`,
    durationMs: seconds * 1000,
    recoversWithinMs: RECOVERS_MS,
    isShort: seconds === 3,
    inject: async (stage) => {
      if (cutsApi) {
        await stage.subject.sql`
          select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'`;
      }
      taken = await takeAll(stage);
    },
    heal: async () => {
      await Promise.all(taken.map((sql) => sql.end({ timeout: 0 })));
    },
    verify: ({ subject }) =>
      Promise.resolve(
        taken.length > MOST / 2 && subject.pids(POSTGRES).length > 0
          ? []
          : [`only ${taken.length} connections could be taken`],
      ),
  };
}

export const CONNECTIONS: Fault[] = [
  exhaust(3, true),
  exhaust(10, false),
  exhaust(10, true),
];
