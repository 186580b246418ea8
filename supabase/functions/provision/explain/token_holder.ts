/**
 * Finds whose token a pasted URL has, and says what follows from that.
 *
 * @module
 */
import { z } from "zod";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { toHex, utf8 } from "../../_shared/domain/bytes.ts";
import type { Credential } from "../../_shared/domain/credential/credential.ts";
import { sha256 } from "../../_shared/domain/credential/digest.ts";
import type { Endpoint, Strategy } from "../../_shared/domain/strategy.ts";

const holdersSchema = z.array(z.object({
  strategy: z.string().nullable(),
  is_universal: z.boolean(),
  state: z.enum(["current", "old", "ended"]),
  ends_at: z.string().nullable(),
}));
export type Holder = z.infer<typeof holdersSchema>[number];

/** Finds whose token it is: the strategy's own before the universal one, a living one before one that ended. */
export async function findHolder(
  credentials: Credential[] | undefined,
  strategy: Strategy,
  database: DatabaseClient,
): Promise<Holder | undefined> {
  const [credential] = credentials ?? [];
  if (credential?.method !== "token") return undefined;
  const digest = toHex(sha256(utf8(credential.token)));
  const holders = holdersSchema.parse(
    await database.call("explain_token", { digest }),
  );
  const rank = (holder: Holder) =>
    isOf(holder, strategy) ? 0 : holder.is_universal ? 1 : 2;
  return holders.toSorted((one, other) => rank(one) - rank(other))[0];
}

export function isOf(holder: Holder, { slug }: Strategy): boolean {
  return holder.strategy === slug;
}

export function nameOf({ strategy, is_universal }: Holder): string {
  return is_universal ? "universal" : strategy ?? "a deleted strategy";
}

export type TokenKind =
  | "current"
  | "old"
  | "rotated_away"
  | "universal"
  | "foreign"
  | "unknown"
  | "missing"
  | "malformed";

export function kindOf(
  credentials: Credential[] | undefined,
  holder: Holder | undefined,
  strategy: Strategy,
): TokenKind {
  if (!credentials) return "malformed";
  if (!credentials.length) return "missing";
  if (!holder) return "unknown";
  if (holder.state === "ended") return "rotated_away";
  if (holder.is_universal) return "universal";
  if (!isOf(holder, strategy)) return "foreign";
  return holder.state;
}

/** Returns whose token it is, and what follows from that, in words. */
export function tokenSentence(
  credentials: Credential[] | undefined,
  holder: Holder | undefined,
  strategy: Strategy,
  endpoint: Endpoint,
): string {
  const { slug } = strategy;
  const until = holder?.ends_at;
  const owner = holder?.is_universal
    ? "the universal endpoint"
    : holder?.strategy ?? "a deleted strategy";
  switch (kindOf(credentials, holder, strategy)) {
    case "malformed":
      return "The token is empty, too long, or given twice";
    case "missing":
      return "The URL has no token: only a signed request is taken there, and TradingView cannot sign";
    case "unknown":
      return "The token is nobody's: it was typed wrongly, cut off, or ended long ago";
    case "rotated_away":
      return `The token was rotated away, it ended ${until}: ${owner} has a new URL`;
    case "universal": {
      const which = until ? `old universal one, valid until ${until}` : "";
      const what = `The token is the ${which || "current universal one"}`;
      return endpoint === "universal"
        ? what
        : `${what}, which is not taken on a strategy's own URL`;
    }
    case "foreign":
      return `The token is ${owner}'s, another strategy's`;
    case "old":
      return `The token is ${slug}'s old one, valid until ${until}: use the new URL before`;
    case "current":
      return `The token is ${slug}'s current one`;
  }
}
