/** Guards of the contract: what is sent is what docs/contract/ says. */
import { DISPATCH, migration, type Mutation } from "../mutation.ts";

export const CONTRACT_GUARDS: Mutation[] = [
  {
    guard: "a message has every field of the contract",
    file: migration("send_signal"),
    from: "'external_id', signal.external_id, ",
    to: "",
    tests: ["tests/worker/calls_test.ts"],
    filter: "a claim hands out a signal",
  },
  {
    guard: "an answer has no field that the contract does not name",
    file: migration("show_strategies"),
    from: "'secrets', private.describe_secrets(strategy.id));",
    to: "'secrets', private.describe_secrets(strategy.id), 'colour', 'red');",
    tests: ["tests/worker/calls_test.ts"],
    filter: "a claim hands out a signal",
  },
  {
    guard: "a delivery has the headers of the contract",
    file: `${DISPATCH}/deliver.ts`,
    from: '"x-correlation-id": dispatch.correlation_id,',
    to: '"x-correlation": dispatch.correlation_id,',
    tests: ["tests/delivery/dispatch/dispatch_test.ts"],
    filter: "to a queue, a function and a URL at once",
  },
];
