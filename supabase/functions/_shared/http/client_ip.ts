import ipaddr from "ipaddr.js";

/**
 * Returns the caller's address as the last trusted hop saw it, or `undefined`.
 * `header` is one that the platform sets and a caller cannot; without it, the last
 * `x-forwarded-for` hop counts, which the gateway in front appends. Earlier hops are
 * the caller's own words.
 */
export function clientIp(
  headers: Headers,
  header: string | undefined,
): string | undefined {
  const stated = header
    ? headers.get(header)
    : headers.get("x-forwarded-for")?.split(",").at(-1);
  const address = stated?.trim() ?? "";
  if (PLAIN_IPV4.test(address)) return address;
  // A zone (`fe80::1%eth0`) is local to that hop, and Postgres has none.
  return ipaddr.isValid(address) && !address.includes("%")
    ? ipaddr.process(address).toString()
    : undefined;
}

/** As most addresses are written: nothing in it to normalize. */
const PLAIN_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** Parsed once for each reading of the catalog. */
const parsedBlocks = new WeakMap<
  readonly string[],
  ReturnType<typeof ipaddr.parseCIDR>[]
>();

function parseBlocks(
  blocks: readonly string[],
): ReturnType<typeof ipaddr.parseCIDR>[] {
  const known = parsedBlocks.get(blocks);
  if (known) return known;
  const parsed = blocks.map((block) => ipaddr.parseCIDR(block));
  parsedBlocks.set(blocks, parsed);
  return parsed;
}

/** Whether an address lies in one of the CIDR blocks. No blocks: any does. An unknown address lies in none. */
export function isWithin(
  address: string | undefined,
  blocks: readonly string[],
): boolean {
  if (!blocks.length) return true;
  if (address === undefined) return false;
  const parsed = ipaddr.process(address);
  return parseBlocks(blocks).some(([network, prefix]) =>
    network.kind() === parsed.kind() && parsed.match(network, prefix)
  );
}

/** Whether a text is an address or a CIDR block. */
export function isCidr(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}
