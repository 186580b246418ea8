/** Every guard of the project: `scripts/mutate_guards.ts` takes each away in turn. */
import { CONSOLE_GUARDS } from "./console.ts";
import { DATABASE_GUARDS } from "./database/database.ts";
import { DELIVERY_GUARDS } from "./database/delivery.ts";
import { FAULTS_GUARDS } from "./database/faults.ts";
import { INCIDENTS_GUARDS } from "./database/incidents.ts";
import { METRICS_GUARDS } from "./database/metrics.ts";
import { ROUTES_GUARDS } from "./database/routes.ts";
import { SQL_GUARDS } from "./database/sql.ts";
import { EXAMPLES_GUARDS } from "./examples.ts";
import { ALERT_GUARDS } from "./functions/alert.ts";
import { CONTRACT_GUARDS } from "./functions/contract.ts";
import { CREDENTIAL_GUARDS } from "./functions/credential.ts";
import { DOORS_GUARDS } from "./functions/doors.ts";
import { FUNCTIONS_GUARDS } from "./functions/functions.ts";
import { HOSTILE_GUARDS } from "./functions/hostile.ts";
import { REPLAY_GUARDS } from "./functions/replay.ts";
import { SECRETS_GUARDS } from "./functions/secrets.ts";
import { SIMULATION_GUARDS } from "./functions/simulation.ts";
import { WORKER_GUARDS } from "./functions/worker.ts";
import { LOCAL_STACK_GUARDS } from "./local_stack.ts";
import type { Mutation } from "./mutation.ts";
import { RELEASE_GUARDS } from "./release.ts";

export const MUTATIONS: Mutation[] = [
  ...CONSOLE_GUARDS,
  ...DATABASE_GUARDS,
  ...DELIVERY_GUARDS,
  ...FAULTS_GUARDS,
  ...INCIDENTS_GUARDS,
  ...METRICS_GUARDS,
  ...ROUTES_GUARDS,
  ...SQL_GUARDS,
  ...EXAMPLES_GUARDS,
  ...ALERT_GUARDS,
  ...CONTRACT_GUARDS,
  ...CREDENTIAL_GUARDS,
  ...DOORS_GUARDS,
  ...FUNCTIONS_GUARDS,
  ...HOSTILE_GUARDS,
  ...REPLAY_GUARDS,
  ...SECRETS_GUARDS,
  ...SIMULATION_GUARDS,
  ...WORKER_GUARDS,
  ...LOCAL_STACK_GUARDS,
  ...RELEASE_GUARDS,
];
