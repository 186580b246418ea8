/** Guards of the examples of workers, which their users copy. */
import type { Mutation } from "./mutation.ts";

const KILLED = ["tests/examples/kill_test.ts"];
const PAPER = ["tests/examples/paper_account_test.ts"];

export const EXAMPLES_GUARDS: Mutation[] = [
  {
    guard: "the Deno example executes a signal once",
    file: "examples/deno/execute.ts",
    from: "if (placed) return placed;",
    to: "",
    tests: KILLED,
    filter: "for deno, killed",
  },
  {
    guard: "the Node example executes a signal once",
    file: "examples/node/execute.mjs",
    from: "if (placed) return placed;",
    to: "",
    tests: KILLED,
    filter: "for node, killed",
  },
  {
    guard: "the Python example executes a signal once",
    file: "examples/python/execute.py",
    from: "    if placed:\n        return placed\n",
    to: "",
    tests: KILLED,
    filter: "for python, killed",
  },
  {
    guard: "the Node example drops a line that a crash has cut off",
    file: "examples/node/paper_broker.mjs",
    from: "ftruncateSync(this.#file, Buffer.byteLength(whole));",
    to: "",
    tests: KILLED,
    filter: "for node, killed",
  },
  {
    guard: "the Node example closes no more than is open",
    file: "examples/node/execute.mjs",
    from: "Math.min(open, stated())",
    to: "stated()",
    tests: PAPER,
    filter: "for node never closes more",
  },
  {
    guard: "the Deno example closes no more than is open",
    file: "examples/deno/execute.ts",
    from: "Math.max(0, position * sign)",
    to: "Math.abs(position)",
    tests: PAPER,
    filter: "for deno never closes more",
  },
  {
    guard: "the Python example closes no more than is open",
    file: "examples/python/execute.py",
    from: "min(is_open, stated())",
    to: "stated()",
    tests: PAPER,
    filter: "for python never closes more",
  },
  {
    guard: "the Python example extends its leases",
    file: "examples/python/worker.py",
    from: "threading.Thread(target=self._extend, daemon=True).start()",
    to: "",
    tests: PAPER,
    filter: "longer than its lease",
  },
];
