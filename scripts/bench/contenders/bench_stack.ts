/** Our own contenders: a stack, its gateway, and an isolate of its webhook function beside it. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { registerStrategy } from "../../../supabase/functions/_shared/provision_api/calls.ts";
import { openProvision } from "../../../supabase/functions/_shared/provision_api/client.ts";
import type { Kit } from "../../../supabase/functions/_shared/provision_api/strategy.ts";
import { FUNCTIONS_DIR } from "../../cli/paths.ts";
import {
  type Isolate,
  startIsolate,
} from "../../local/edge_runtime/isolate.ts";
import { functionEnvironment } from "../../local/platform/environment.ts";
import type { SigningKey } from "../../local/platform/keys.ts";
import { SUPERUSER } from "../../local/postgres/cluster.ts";
import { connect } from "../../local/postgres/database.ts";
import { startProgram } from "../processes/program.ts";
import { type Contender, STRATEGIES } from "./contender.ts";
import { ourStore } from "./our_store.ts";

interface StackAddress {
  apiUrl: string;
  databaseUrl: string;
  dbPort: number;
  secretKey: string;
  publishableKey: string;
  signingKey: SigningKey;
}

export interface BenchStack extends AsyncDisposable {
  address: StackAddress;
  /** As a superuser, who may also look at other sessions' statistics. */
  sql: Sql;
  /** Registers strategies, and returns them as contenders, through the gateway and at the function's own port. */
  contenders(settings: Record<string, unknown>, count?: number): Promise<Ours>;
  /** Starts one more isolate. */
  startIsolate(name: string, env?: Record<string, string>): Promise<Isolate>;
}

export interface Ours {
  gateway: Contender;
  direct: Contender;
}

/** Starts a stack of its own, on free ports, in a temporary directory. */
export async function startBenchStack(): Promise<BenchStack> {
  await using starting = new AsyncDisposableStack();
  const path = join(import.meta.dirname!, "stack_main.ts");
  const program = starting.use(await startProgram(path));
  const address: StackAddress = JSON.parse(program.greeting);
  const env = functionEnvironment({ ...address, keys: address });
  const start = (name: string, more: Record<string, string> = {}) =>
    startIsolate(name, {
      functionsDir: FUNCTIONS_DIR,
      env: { ...env, ...more },
      onLine: () => {},
    });
  const webhook = starting.adopt(
    await start("webhook"),
    (isolate) => isolate.close(),
  );
  const sql = starting.adopt(
    connect(address.dbPort, SUPERUSER, { max: 2 }),
    (open) => open.end(),
  );
  const running = starting.move();
  return {
    address,
    sql,
    startIsolate: start,
    contenders: async (settings, count = STRATEGIES) => {
      const kits = await registerAll(address, settings, count);
      return {
        gateway: contender(
          "gateway",
          address.apiUrl,
          "/functions/v1",
          kits,
          sql,
        ),
        direct: contender("direct", webhook.url, "", kits, sql),
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function registerAll(
  { apiUrl, secretKey }: StackAddress,
  settings: Record<string, unknown>,
  count: number,
): Promise<Kit[]> {
  const functionsUrl = `${apiUrl}/functions/v1`;
  const provision = openProvision({ functionsUrl, secretKey });
  const kits: Kit[] = [];
  for (let number = 0; number < count; number++) {
    const name = `Bench ${crypto.randomUUID()}`;
    kits.push((await registerStrategy(provision, { name, ...settings })).kit);
  }
  return kits;
}

function contender(
  name: string,
  base: string,
  prefix: string,
  kits: Kit[],
  sql: Sql,
): Contender {
  const { hostname, port } = new URL(base);
  return {
    name,
    address: { hostname, port: Number(port) },
    path: (strategy, token) => {
      const kit = kits[strategy % kits.length]!;
      return `${prefix}/webhook/${kit.strategy.slug}?token=${
        token ?? kit.token
      }`;
    },
    // As the gateway adds them, so that the function has the same to do without it.
    headers: prefix ? {} : {
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `${hostname}:${port}`,
    },
    store: ourStore(sql),
  };
}
