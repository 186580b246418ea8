/** Every guard of the project: `scripts/mutate_guards.ts` takes each away in turn. */
import { ALERT_GUARDS } from "./alert.ts";
import { CREDENTIAL_GUARDS } from "./credential.ts";
import { DATABASE_GUARDS } from "./database.ts";
import { DELIVERY_GUARDS } from "./delivery.ts";
import { FUNCTIONS_GUARDS } from "./functions.ts";
import { INCIDENTS_GUARDS } from "./incidents.ts";
import { LOCAL_STACK_GUARDS } from "./local_stack.ts";
import type { Mutation } from "./mutation.ts";
import { REPLAY_GUARDS } from "./replay.ts";
import { SQL_GUARDS } from "./sql.ts";
import { WORKER_GUARDS } from "./worker.ts";

export const MUTATIONS: Mutation[] = [
  ...CREDENTIAL_GUARDS,
  ...ALERT_GUARDS,
  ...FUNCTIONS_GUARDS,
  ...DATABASE_GUARDS,
  ...SQL_GUARDS,
  ...WORKER_GUARDS,
  ...DELIVERY_GUARDS,
  ...INCIDENTS_GUARDS,
  ...REPLAY_GUARDS,
  ...LOCAL_STACK_GUARDS,
];
