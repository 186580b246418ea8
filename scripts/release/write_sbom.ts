/** Writes the software bill of materials of a release. Usage: see `--help`. */
import { join } from "node:path";
import { Failure } from "../cli/failure.ts";
import { parseFlags } from "../cli/parse_flags.ts";
import { fromCaller, FUNCTIONS_DIR, PROJECT_DIR } from "../cli/paths.ts";
import { print } from "../cli/print.ts";
import { runCommand } from "../cli/run_command.ts";
import { listFunctions } from "../local/platform/config.ts";
import { VERSION } from "../../supabase/functions/_shared/version.ts";

const USAGE = `Usage: deno task sbom FILE

Writes every package of deno.lock, with its version and digest, as CycloneDX 1.6. Its scope
says which are deployed (required), and which serve development and tests only (excluded).`;

/** A lock file of Deno, as far as it is read here. */
export interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, { integrity: string; dependencies?: string[] }>;
}

export interface Component {
  type: "library";
  name: string;
  version: string;
  purl: string;
  scope: "required" | "excluded";
  hashes: { alg: "SHA-512"; content: string }[];
}

if (import.meta.main) await runCommand(main);

async function main(args: string[]): Promise<void> {
  const { values, positionals: [file] } = parseFlags({
    args,
    options: { help: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.help) return print(USAGE);
  if (!file) throw new Failure("Say where to: deno task sbom FILE");
  const lock = await readJson<Lock>(join(PROJECT_DIR, "deno.lock"));
  const components = componentsOf(lock, await deployedSpecifiers());
  await Deno.writeTextFile(
    fromCaller(file),
    JSON.stringify(
      {
        bomFormat: "CycloneDX",
        specVersion: "1.6",
        serialNumber: `urn:uuid:${crypto.randomUUID()}`,
        version: 1,
        metadata: {
          timestamp: new Date().toISOString(),
          component: {
            type: "application",
            name: "dai-webhooks",
            version: VERSION,
          },
        },
        components,
      },
      null,
      2,
    ),
  );
}

/** Returns what the functions import from npm. */
async function deployedSpecifiers(): Promise<string[]> {
  const names = await listFunctions(FUNCTIONS_DIR);
  const configs = await Promise.all(
    names.map((name) =>
      readJson<{ imports: Record<string, string> }>(
        join(FUNCTIONS_DIR, name, "deno.json"),
      )
    ),
  );
  return configs.flatMap(({ imports }) => Object.values(imports));
}

/** Lists the packages of a lock file; what these specifiers lead to is deployed. */
export function componentsOf(lock: Lock, deployed: string[]): Component[] {
  const required = new Set<string>();
  const visit = (id: string) => {
    if (required.has(id)) return;
    required.add(id);
    for (const dependency of lock.npm[id]!.dependencies ?? []) {
      visit(idOf(lock, dependency));
    }
  };
  for (const specifier of deployed) {
    // A specifier may name a file of its package, as `npm:grammy@1.46.0/web` does.
    const [wanted = ""] = /^npm:@?[^@]+@[^/]+/.exec(specifier) ?? [];
    const version = lock.specifiers[wanted];
    if (!version) throw new Failure(`deno.lock has no ${specifier}`);
    visit(`${nameOf(wanted.slice("npm:".length))}@${version}`);
  }
  return Object.entries(lock.npm).map(([id, { integrity }]) => {
    const name = nameOf(id);
    // Behind the version stand the peers that it was resolved with.
    const version = id.slice(name.length + 1).split("_")[0]!;
    return {
      type: "library",
      name,
      version,
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
      scope: required.has(id) ? "required" : "excluded",
      hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
    };
  });
}

/** A dependency is named without its version where the lock file has only one of it. */
function idOf({ npm }: Lock, dependency: string): string {
  if (dependency in npm) return dependency;
  const id = Object.keys(npm).find((one) => nameOf(one) === dependency);
  if (id) return id;
  throw new Failure(`deno.lock has no package ${dependency}`);
}

function nameOf(id: string): string {
  return id.slice(0, id.indexOf("@", 1));
}

function hexOf(integrity: string): string {
  const [algorithm, digest = ""] = integrity.split("-");
  if (algorithm !== "sha512") throw new Failure(`Unknown digest ${integrity}`);
  return Uint8Array.fromBase64(digest).toHex();
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await Deno.readTextFile(path));
}
