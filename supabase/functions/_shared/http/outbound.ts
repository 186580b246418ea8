/**
 * Rules for URLs that are called for an operator. A URL into our own network would let whoever may add a
 * route reach what only we can reach (server-side request forgery).
 *
 * @module
 */
import ipaddr from "ipaddr.js";

export interface TargetRules {
  /** Plain http and loopback are allowed too; nothing else is. For the local stack and tests. */
  allowLoopback: boolean;
  /** Returns all addresses of a host name; empty if there are none. */
  resolve(hostname: string): Promise<string[]>;
}

/** A target that may not be called, with the reason. */
export class ForbiddenTarget extends Error {
  override name = "ForbiddenTarget";
}

/** A target whose name has no address yet. */
export class UnknownHost extends Error {
  override name = "UnknownHost";
}

const LOWEST_USER_PORT = 1024;

/** Checks a target's text and every address behind its name; throws {@linkcode ForbiddenTarget} or {@linkcode UnknownHost}. */
export async function checkTarget(
  target: string,
  rules: TargetRules,
): Promise<void> {
  const url = readTarget(target);
  // The URL standard has made dotted quads of decimal, octal and hexadecimal spellings.
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const isLocal = isLoopback(host);
  if (rules.allowLoopback && isLocal) return;
  if (url.protocol !== "https:") {
    throw new ForbiddenTarget("The target must be https");
  }
  if (url.port && Number(url.port) < LOWEST_USER_PORT) {
    throw new ForbiddenTarget(`Port ${url.port} is not for webhooks`);
  }
  if (isLocal || !ipaddr.isValid(host) && !host.includes(".")) {
    throw new ForbiddenTarget("The target must be a public host");
  }
  const addresses = ipaddr.isValid(host)
    ? [host]
    : await rules.resolve(host).catch((cause) => {
      throw new UnknownHost(`The host ${host} cannot be resolved`, { cause });
    });
  if (!addresses.length) {
    throw new UnknownHost(`The host ${host} has no address`);
  }
  if (!addresses.every(isPublic)) {
    throw new ForbiddenTarget(
      "The target's address is private, local or reserved",
    );
  }
}

function readTarget(target: string): URL {
  if (!URL.canParse(target)) {
    throw new ForbiddenTarget("The target must be a URL");
  }
  const url = new URL(target);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ForbiddenTarget("The target must be https");
  }
  if (url.username || url.password) {
    throw new ForbiddenTarget("The target must not hold a user name");
  }
  return url;
}

function isLoopback(host: string): boolean {
  if (/(^|\.)localhost$/i.test(host)) return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback";
}

/** The IPv6 range assigned to the public Internet; addresses outside it may be local (`::127.0.0.1`). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address is in the public unicast range: not private, local, mapped, tunnelled or reserved. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const read = ipaddr.process(address);
  return read.range() === "unicast" &&
    (read instanceof ipaddr.IPv4 || read.match(GLOBAL_IPV6));
}

/** Asks the platform's resolver for both address families. */
export async function resolveHost(hostname: string): Promise<string[]> {
  const families = await Promise.all(
    (["A", "AAAA"] as const).map((family) =>
      Deno.resolveDns(hostname, family).catch((error) => {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      })
    ),
  );
  return families.flat();
}
