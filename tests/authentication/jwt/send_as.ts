/** Sends alerts under tokens of a strategy's secret. */
import { type Answer, type Kit, send } from "../../support/project.ts";
import {
  bareUrl,
  bearer,
  claimsFor,
  type Fields,
  hs256,
} from "../../support/senders.ts";

/** Sends one alert under a token of the strategy's secret. */
export function sendAs(
  kit: Kit,
  claims: Fields,
  body: string,
): Promise<Answer> {
  const token = hs256(kit.secret, claimsFor(kit.strategy.slug, claims));
  return send(bareUrl(kit), body, bearer(token));
}
