/** Processes that are killed. */
import { planLayout } from "../../local/host/layout.ts";
import { runningServer } from "../../local/postgres/server/lock_file.ts";
import {
  AFTER_KILLED_BACKEND_MS,
  AFTER_POSTGRES_MS,
  type Fault,
  type Stage,
} from "../stage/fault.ts";
import { signalTo, type Subject } from "../stage/subject.ts";
import { pause, until } from "../stage/waiting.ts";

const FUNCTION_MS = 1000;
const BETWEEN_KILLS_MS = 700;

const nothing = () => Promise.resolve();

/** Waits until the disk has what was written before, by whomever: Postgres waits for that when it recovers. */
async function settleDisk({ subject }: Stage): Promise<void> {
  await subject.sql`checkpoint`;
  await new Deno.Command("sync").output();
}

async function killBackend({ subject }: Stage): Promise<void> {
  const [backend] = await subject.sql<{ pid: number }[]>`
    select pid from pg_stat_activity where usename = 'authenticator' order by random() limit 1`;
  signalTo(backend!.pid, "SIGKILL");
}

async function postmasterOf({ dir }: Subject): Promise<number> {
  return (await runningServer(await planLayout(dir)))!;
}

/** Waits until Postgres answers: recovery counts from then. */
function untilPostgresIsBack({ subject: { sql } }: Stage): Promise<void> {
  return until(
    async () => (await sql`select 1 as one`).length === 1,
    "Postgres is back",
  );
}

function killPostmaster(signal: Deno.Signal, meaning: string): Fault {
  let killed = 0;
  return {
    family: "kill",
    name: `Postgres: ${meaning}`,
    durationMs: 200,
    recoversWithinMs: AFTER_POSTGRES_MS,
    isShort: signal === "SIGKILL",
    inject: async ({ subject }) => {
      killed = await postmasterOf(subject);
      signalTo(killed, signal);
    },
    heal: async (stage) => {
      await until(
        async () => (await postmasterOf(stage.subject)) !== killed,
        "the old postmaster is gone",
      );
      await untilPostgresIsBack(stage);
    },
  };
}

function killFunctions(names: string[], times: number): Fault {
  const command = new RegExp(
    `isolate_main\\.ts \\S+/(${names.join("|")})/index`,
  );
  return {
    family: "kill",
    name: `${names.join(" and ")}: kill −9${
      times > 1 ? `, ${times} times` : ""
    }`,
    durationMs: 0,
    recoversWithinMs: FUNCTION_MS,
    isShort: names.length === 1 && times === 1,
    keepsCredentials: names.includes("webhook"),
    inject: async ({ subject }) => {
      for (let n = 0; n < times; n++) {
        if (n > 0) await pause(BETWEEN_KILLS_MS);
        for (const pid of subject.pids(command)) signalTo(pid, "SIGKILL");
      }
    },
    heal: nothing,
  };
}

/** Kills the stack and starts it again as a person would. */
function killStack(scope: "start" | "all"): Fault {
  return {
    family: "kill",
    name: scope === "all"
      ? "the whole stack: kill −9, started again"
      : "the start process: kill −9, started again",
    durationMs: 200,
    recoversWithinMs: AFTER_POSTGRES_MS,
    isShort: scope === "all",
    keepsCredentials: true,
    inject: ({ subject }) => subject.kill(scope),
    heal: ({ subject }) => subject.start(),
  };
}

export const KILLS: Fault[] = [
  {
    family: "kill",
    name: "a backend: kill −9",
    durationMs: 0,
    recoversWithinMs: AFTER_KILLED_BACKEND_MS,
    isShort: true,
    prepare: settleDisk,
    inject: killBackend,
    heal: nothing,
  },
  {
    family: "kill",
    name: "backends: kill −9, 4 times",
    durationMs: 0,
    recoversWithinMs: AFTER_KILLED_BACKEND_MS,
    prepare: settleDisk,
    inject: async (stage) => {
      for (let n = 0; n < 4; n++) {
        await untilPostgresIsBack(stage);
        await killBackend(stage);
        await pause(BETWEEN_KILLS_MS);
      }
    },
    heal: nothing,
  },
  killPostmaster("SIGKILL", "kill −9 of the postmaster"),
  killPostmaster("SIGQUIT", "immediate shutdown"),
  killPostmaster("SIGINT", "fast shutdown"),
  killFunctions(["webhook"], 1),
  killFunctions(["dispatch"], 1),
  killFunctions(["webhook"], 4),
  killFunctions(["webhook", "dispatch"], 1),
  killStack("all"),
  killStack("start"),
];
