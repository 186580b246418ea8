/** Every guard of the project: `scripts/mutate_guards.ts` takes each away in turn. */
import { ALERT_GUARDS } from "./functions/alert.ts";
import { CREDENTIAL_GUARDS } from "./functions/credential.ts";
import { DATABASE_GUARDS } from "./database/database.ts";
import { DELIVERY_GUARDS } from "./database/delivery.ts";
import { FUNCTIONS_GUARDS } from "./functions/functions.ts";
import { INCIDENTS_GUARDS } from "./database/incidents.ts";
import { LOCAL_STACK_GUARDS } from "./local_stack.ts";
import type { Mutation } from "./mutation.ts";
import { REPLAY_GUARDS } from "./functions/replay.ts";
import { SQL_GUARDS } from "./database/sql.ts";
import { WORKER_GUARDS } from "./functions/worker.ts";

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
