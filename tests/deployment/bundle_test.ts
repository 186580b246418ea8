/** What is deployed: each function as one file, with its packages in the versions of deno.lock. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "smol-toml";
import { FUNCTIONS_DIR, PROJECT_DIR } from "../../scripts/cli/paths.ts";
import { listFunctions } from "../../scripts/local/platform/config.ts";
import { bundleFunctions } from "../../scripts/release/bundle_functions.ts";
import { ALERT } from "../support/attempts.ts";
import { API_URL, register, SECRET_KEY, until } from "../support/project.ts";

type Config = { functions: Record<string, { entrypoint: string }> };

async function withBundles(
  test: (dir: string, names: string[]) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await bundleFunctions(dir);
    await test(dir, await listFunctions(FUNCTIONS_DIR));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function deno(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("a bundle needs nothing but the runtime: no package is resolved anew when it is deployed", () =>
  withBundles(async (dir, names) => {
    for (const name of names) {
      const path = join(dir, "supabase/functions", name, "index.js");
      const graph = await deno("info", "--no-config", "--json", path);
      const { modules } = JSON.parse(graph) as {
        modules: { specifier: string }[];
      };
      const foreign = modules.map(({ specifier }) => specifier)
        .filter((specifier) => !specifier.startsWith("node:"));
      assert.deepEqual(foreign, [`file://${await Deno.realPath(path)}`]);
    }
  }));

Deno.test("bundles are deployed with the settings of the functions", () =>
  withBundles(async (dir, names) => {
    const read = async (folder: string) =>
      parse(
        await Deno.readTextFile(join(folder, "supabase/config.toml")),
      ) as Config;
    const [own, deployed] = await Promise.all([PROJECT_DIR, dir].map(read));
    const expected = Object.fromEntries(names.map((name) => [name, {
      ...own!.functions[name]!,
      entrypoint: `./functions/${name}/index.js`,
      import_map: undefined,
    }]));
    // Without the members that are undefined.
    assert.deepEqual(
      JSON.parse(JSON.stringify(deployed!.functions)),
      JSON.parse(JSON.stringify(expected)),
    );
  }));

Deno.test("a bundled webhook accepts an alert", () =>
  withBundles(async (dir) => {
    const kit = await register();
    const lines: string[] = [];
    const server = new Deno.Command(Deno.execPath(), {
      args: [
        "serve",
        "-A",
        "--no-config",
        "--host=127.0.0.1",
        "--port=0",
        join(dir, "supabase/functions/webhook/index.js"),
      ],
      env: {
        "SUPABASE_URL": API_URL,
        "SUPABASE_SECRET_KEY": SECRET_KEY,
        "NO_COLOR": "1",
      },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reading = readInto(lines, server.stderr);
    try {
      const address = () => /http:\/\/[\d.:]+/.exec(lines.join(""))?.[0];
      await until(() => address() !== undefined, "its address");
      const { pathname, search } = new URL(kit.urls.dedicated);
      const path = pathname.replace("/functions/v1", "") + search;
      const response = await fetch(address() + path, {
        method: "POST",
        body: ALERT,
      });
      assert.equal((await response.json()).status, "accepted");
    } finally {
      server.kill();
      await Promise.all([server.status, reading]);
    }
  }));

async function readInto(
  lines: string[],
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    lines.push(text);
  }
}
