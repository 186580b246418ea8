/** The files of the page: bundled from their sources when the console starts. */
import { join } from "node:path";
import font from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2" with {
  type: "bytes",
};
import { Failure } from "../cli/failure.ts";
import { PROJECT_DIR } from "../cli/paths.ts";
import icon from "./page/icon.svg" with { type: "text" };
import html from "./page/index.html" with { type: "text" };

const ENTRY = join(import.meta.dirname!, "page/main.tsx");

const UTF8 = "; charset=utf-8";

export interface PageFile {
  type: string;
  body: string | Uint8Array<ArrayBuffer>;
}

/** Files of the page by their paths. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Bundles the page; throws a {@linkcode Failure} if it does not compile. */
export async function bundlePage(): Promise<PageFiles> {
  const dir = await Deno.makeTempDir({ prefix: "dai-webhooks-" });
  try {
    await bundle(dir);
    const read = (name: string) => Deno.readTextFile(join(dir, name));
    return new Map<string, PageFile>([
      ["/", { type: `text/html${UTF8}`, body: html }],
      ["/icon.svg", { type: `image/svg+xml${UTF8}`, body: icon }],
      ["/main.js", {
        type: `text/javascript${UTF8}`,
        body: await read("main.js"),
      }],
      ["/main.css", { type: `text/css${UTF8}`, body: await read("main.css") }],
      ["/inter.woff2", { type: "font/woff2", body: font }],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function bundle(dir: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--platform=browser",
      "--minify",
      `--outdir=${dir}`,
      // The server has it, where the style sheet looks for it.
      "--external=/inter.woff2",
      ENTRY,
    ],
    cwd: PROJECT_DIR,
    env: { "NO_COLOR": "1" },
    stdout: "null",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new Failure(`Cannot bundle the console's page: ${said}`);
}
