import assert from "node:assert/strict";
import { readFlags } from "./flags.ts";

Deno.test("without flags the ports are the Supabase CLI's", () => {
  const { apiPort, dbPort, fresh } = readFlags([]);
  assert.deepEqual([apiPort, dbPort, fresh], [54321, 54322, false]);
});

const REFUSED: [string[], RegExp][] = [
  [["--nope"], /Cannot read flags: Unknown option '--nope'; see --help$/],
  [["start"], /Unexpected argument 'start'; see --help$/],
  [["--api-port"], /argument missing; see --help$/],
  [["--api-port", "x"], /^Cannot use --api-port "x": a port is a number/],
  [["--db-port", "65536"], /^Cannot use --db-port "65536": a port is/],
  [["--db-port", "1e3"], /^Cannot use --db-port "1e3": a port is/],
  [["--api-port", "5000", "--db-port", "5000"], /^Cannot use 5000 twice: /],
  [["--api-port", "54322"], /^Cannot use 54322 twice: /],
  [["--data-dir", ""], /^Cannot use --data-dir "": it is empty$/],
  [["--env-file", "/none/here"], /\/none\/here: there is no such file$/],
];

for (const [args, sentence] of REFUSED) {
  Deno.test(`${args.join(" ")} is refused in one sentence`, () => {
    assert.throws(() => readFlags(args), { message: sentence });
  });
}
