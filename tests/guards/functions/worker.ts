/** Guards of workers' keys and calls. */
import { migration, type Mutation } from "../mutation.ts";

const KEYS = ["tests/worker/keys_test.ts"];
const WORKER = "supabase/functions/worker";

export const WORKER_GUARDS: Mutation[] = [
  {
    guard: "a worker that is deleted meanwhile may do nothing",
    file: migration("worker_calls"),
    from:
      "for key share;\n    if not found then\n      return null;\n    end if;",
    to: "for key share;",
    tests: ["tests/worker/deleted_test.ts"],
    filter: "deleted during its first call",
  },
  {
    guard: "a worker's key that has ended opens nothing",
    file: migration("worker_calls"),
    from:
      "and (ends_at is null or ends_at > clock_timestamp())\n    and (expires_at",
    to: "and (expires_at",
    tests: ["tests/schema/database_test.ts"],
    filter: "worker_calls",
  },
  {
    guard: "a worker that has expired may do nothing",
    file: migration("worker_calls"),
    from: "and (expires_at is null or expires_at > clock_timestamp())",
    to: "",
    tests: KEYS,
    filter: "once its worker has expired",
  },
  {
    guard: "a worker's key is good for its addresses",
    file: migration("worker_calls"),
    from: "where identify_worker.remote_ip <<= network",
    to: "",
    tests: KEYS,
    filter: "from another address only",
  },
  {
    guard: "a worker claims from its own queues",
    file: migration("worker_calls"),
    from: " or worker_claim.queue <> all (worker.queues)",
    to: "",
    tests: KEYS,
    filter: "claim with another strategy's queue",
  },
  {
    guard: "a worker settles in its own queues",
    file: migration("worker_settles"),
    from: "or queue <> all (worker.queues)",
    to: "",
    tests: KEYS,
    filter: "complete with another strategy's queue",
  },
  {
    guard: "a worker does what its key can",
    file: migration("worker_settles"),
    from: "not 'settle' = any (worker.can) or",
    to: "",
    tests: KEYS,
    filter: "a key that can claim does that",
  },
  {
    guard: "one signal wakes one waiting worker",
    file: `${WORKER}/waits.ts`,
    from: "group.slice(0, count)",
    to: "(count, group)",
    tests: ["tests/worker/waits_test.ts"],
    filter: "one signal wakes one",
  },
  {
    guard: "a key waits four times at most",
    file: `${WORKER}/waits.ts`,
    from: "same.length >= MAX_PER_KEY ||",
    to: "",
    tests: ["tests/worker/waits_test.ts"],
    filter: "a fifth wait",
  },
  {
    guard: "the bot makes a worker's key in private chats only",
    file: "supabase/functions/telegram/commands/workers.ts",
    from: "if (!isPrivate) return [IN_PRIVATE];\n  const [name",
    to: "const [name",
    tests: ["tests/telegram/worker_commands_test.ts"],
    filter: "in a group no command makes a key",
  },
  {
    guard: "task send shows no token",
    file: "scripts/send_alert.ts",
    from: "${url.origin}${url.pathname}`",
    to: "${url.href}`",
    tests: ["tests/webhook/send_command_test.ts"],
    filter: "that was registered last",
  },
];
