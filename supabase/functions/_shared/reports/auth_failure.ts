/**
 * Renders why a request failed authentication, which its sender is never told.
 *
 * @module
 */
import type { TracedAuthFailure } from "../provision_api/trace.ts";
import { type Reader, timeOf, words } from "./reader.ts";

const REASONS: Record<string, string> = {
  no_credential: "it came without a credential",
  malformed_credential: "its credential is malformed, empty, or given twice",
  wrong_credential: "its credential is nobody's, or another strategy's",
  rotated_secret:
    "its token was rotated away: whoever sends it needs the new URL",
  unlisted_method: "the strategy's auth_methods do not list its method",
  address_not_allowed: "its address is not among the strategy's allowed_ips",
  token_reused: "its JWT came before with another body",
  unknown_strategy: "no strategy has the name in its URL",
  archived_strategy: "the strategy is archived",
};

export function failureLines(
  { received_at, endpoint, strategy, asked_for, reason, count, ...sender }:
    TracedAuthFailure,
  { quote, isAlone }: Reader,
): string[] {
  const whose = strategy ?? asked_for;
  return [
    `${timeOf(received_at)} request to the ${endpoint} endpoint${
      whose ? ` of ${quote(whose)}` : ""
    }: 401, ${reason}: ${REASONS[reason] ?? reason}`,
    ...isAlone
      ? [
        words([
          "  from",
          sender.remote_ip ?? "an unknown address",
          sender.user_agent && `(${quote(sender.user_agent)})`,
        ]),
      ]
      : [],
    ...count > 1 ? [`  ${count} such failures in that minute`] : [],
  ];
}
