/** The part of docs/benchmarks.md that no run changes. */
export const METHOD = `## How it is measured

\`\`\`sh
npx -y deno@2.9.6 task bench            # everything, about 15 minutes; writes this file
npx -y deno@2.9.6 task bench --quick    # the same in two to three minutes, shorter; writes nothing
\`\`\`

- The benchmark starts a local stack of its own, the rival and the load
  generator, each in processes of their own, on free ports, in a temporary
  directory. Nothing else should run on the machine.
- **The rival** (\`scripts/bench/rivals/\`) is Fastify 5 with pg, written to win:
  strategies in memory, a compiled schema, a pool of eight connections, one
  prepared statement for each alert that reserves the dedupe key, records
  request and signal, enqueues and commits; no batches. Its database is on the
  same server, so fsync and all settings are the same. It keeps no versions of
  secrets, no limits, no order, no monitor. It runs under Deno: under Node
  20 it reached 0.93 of that (five alternating pairs over 32 connections,
  0.67–1.01; 2026-11-25).
- **Ours** is the webhook function of \`task start\`, through the gateway, and
  called at the port of an isolate with the headers that the gateway adds. Both
  call \`ingest\` over HTTP, at the stand-in for PostgREST.
- **Contract first**: what is accepted is stored once, with its request and its
  message; a duplicate is recognised; a wrong token and an unknown action store
  nothing. Who breaks it is not timed, and the command fails. After every run
  the rows are counted: an accepted alert that is not stored ends the benchmark.
- Contenders take turns, another one first in every round, and tables are
  emptied before every run. Alerts are JSON of 163 bytes, all different.
- The load generator writes raw requests on connections that stay open, and
  reads statuses and outcomes of all answers. Percentiles are exact.
- CPU times are those of \`/proc\`, in steps of 10 ms.`;
