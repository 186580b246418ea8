/** Guards that `deno task test:faults` has shown to be missing. */
import { DATABASE, type Mutation, WEBHOOK } from "../mutation.ts";

export const FAULTS_GUARDS: Mutation[] = [
  {
    guard: "a call of the database is made once",
    file: `${DATABASE}/client.ts`,
    from: "body: asStream(body)",
    to: "body: (asStream, body)",
    tests: [`${DATABASE}/client_test.ts`],
    filter: "not made a second time",
  },
  {
    guard: "a refusal is answered once it is recorded",
    file: `${WEBHOOK}/handler.ts`,
    from: 'if (!verdict.ok && receipt.outcome === "refused")',
    to: "if (!verdict.ok)",
    tests: [`${WEBHOOK}/handler_test.ts`],
    filter: "could not be recorded",
  },
];
