/**
 * Judges whether TradingView can call a URL: tradingview.com/support 43000529348 and 43000776894.
 *
 * @module
 */
import ipaddr from "ipaddr.js";
import { isPublic } from "../../_shared/http/outbound.ts";

/** The names that only a machine or a network of one's own knows: RFC 6761, 6762, 8375 and ICANN's `internal`. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|test|home\.arpa)$/;

/** Returns why a URL is not one for TradingView, in one sentence; nothing if it is. */
export function warningsAbout(url: string): string[] {
  const reasons = reasonsAgainst(new URL(url));
  return reasons.length
    ? [
      `Do not give this URL to TradingView: ${reasons.join(", and ")}; ` +
      "deploy the router, or put a tunnel in front of it and set functions_url in router_settings",
    ]
    : [];
}

function reasonsAgainst({ protocol, hostname, port }: URL): string[] {
  return [
    ...protocol === "https:" ? [] : ["it is not https"],
    ...isPublicHost(hostname)
      ? []
      : [`${hostname} is no public host with an IPv4 address`],
    // A URL leaves out its scheme's own port, which is 80 or 443.
    ...["", "80", "443"].includes(port)
      ? []
      : [`its port, ${port}, is neither 80 nor 443`],
  ];
}

/** Looks at the text alone: whether a name has an address is for its owner to see. */
function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, "");
  if (host.startsWith("[")) return false;
  if (ipaddr.isValid(host)) return isPublic(host);
  return host.includes(".") && !LOCAL_NAME.test(host);
}
