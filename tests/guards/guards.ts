/** Every guard of the project: `scripts/mutate_guards.ts` takes each away in turn. */
import { ALERT_GUARDS } from "./alert.ts";
import { CREDENTIAL_GUARDS } from "./credential.ts";
import { DATABASE_GUARDS } from "./database.ts";
import { DELIVERY_GUARDS } from "./delivery.ts";
import { DOORS_GUARDS } from "./doors.ts";
import { FUNCTIONS_GUARDS } from "./functions.ts";
import type { Mutation } from "./mutation.ts";
import { SQL_GUARDS } from "./sql.ts";

export const MUTATIONS: Mutation[] = [
  ...CREDENTIAL_GUARDS,
  ...ALERT_GUARDS,
  ...FUNCTIONS_GUARDS,
  ...DOORS_GUARDS,
  ...DATABASE_GUARDS,
  ...SQL_GUARDS,
  ...DELIVERY_GUARDS,
];
