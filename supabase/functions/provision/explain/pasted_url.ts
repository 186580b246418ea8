/**
 * Judges the credential of a pasted webhook URL. Neither the URL nor its token is stored, logged or answered.
 *
 * @module
 */
import type { CatalogCache } from "../../_shared/database/catalog_cache.ts";
import type { DatabaseClient } from "../../_shared/database/client.ts";
import { isCalled } from "../../_shared/named_strategy.ts";
import { utf8 } from "../../_shared/domain/bytes.ts";
import {
  type Credential,
  readCredentials,
} from "../../_shared/domain/credential/credential.ts";
import { verifyCredentials } from "../../_shared/domain/credential/verify.ts";
import { Refusal } from "../../_shared/domain/refusal.ts";
import {
  type Endpoint,
  isOpen,
  type Snapshot,
  type Strategy,
} from "../../_shared/domain/strategy.ts";
import { decodeSegment } from "../../_shared/http/path.ts";
import type { ExplainedStep } from "../../_shared/provision_api/test_alert.ts";
import {
  findHolder,
  isOf,
  kindOf,
  nameOf,
  tokenSentence,
} from "./token_holder.ts";

/** A webhook URL, taken apart. */
export interface PastedUrl {
  endpoint: Endpoint;
  isPlainHttp: boolean;
  host: string;
  /** `undefined`: the token is empty, too long, or given twice. */
  credentials: Credential[] | undefined;
}

/** Takes a strategy's webhook URL apart; throws `invalid_request`, which never quotes it. */
export async function readPastedUrl(
  text: string,
  strategy: Strategy,
  catalog: CatalogCache,
): Promise<PastedUrl> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const path = /^.*?\/webhook(?:\/([^/]*))?\/?$/.exec(url?.pathname ?? "");
  if (!url || !path || !/^https?:$/.test(url.protocol)) {
    throw wrongUrl(
      "Not a webhook URL: it begins with https:// and has /webhook in its path",
    );
  }
  const slug = decodeSegment(path[1] ?? "");
  if (slug !== "" && !await isCalled(strategy, slug ?? "", catalog)) {
    throw wrongUrl(
      `Its path names another strategy than ${strategy.slug}: explain it under that one's name`,
    );
  }
  return {
    endpoint: slug ? "dedicated" : "universal",
    isPlainHttp: url.protocol === "http:",
    host: url.host,
    credentials: readCredentials(new Headers(), url.searchParams),
  };
}

function wrongUrl(message: string): Refusal {
  const errors = [{ path: "url", code: "invalid", message }];
  return new Refusal("invalid_request", { errors });
}

/** Returns what keeps a sender from reaching the URL, or from reaching this router by it. */
export function urlWarnings({ host }: PastedUrl, base: string): string[] {
  const ours = new URL(base).host;
  const { hostname, port } = new URL(`http://${host}`);
  const isLocal = /^(localhost|127\..*|\[::1\]|.*\.local)$/.test(hostname);
  return [
    ...(host === ours
      ? []
      : [`The URL leads to ${host}, and this router is at ${ours}`]),
    ...(isLocal || port && port !== "443"
      ? ["TradingView calls public hosts on the ports 80 and 443 only"]
      : []),
  ];
}

/** Explains whether the URL's credential is good, whose token it has, and whether its endpoint is open. */
export async function explainUrl(
  { endpoint, credentials }: PastedUrl,
  snapshot: Snapshot,
  strategy: Strategy,
  database: DatabaseClient,
): Promise<ExplainedStep> {
  const { settings } = snapshot;
  const own = strategy.secrets;
  const secrets = endpoint === "dedicated"
    ? own
    : [...settings.secrets, ...own];
  const keyring = { secrets, audiences: [] };
  const proof = await verifyCredentials(
    credentials,
    utf8(""),
    keyring,
    new Date(),
  );
  const holder = await findHolder(credentials, strategy, database);
  const takesTokens = strategy.auth_methods.includes("token");
  const ok = proof !== undefined && takesTokens &&
    strategy.status !== "archived";
  const isEndpointOpen = isOpen(endpoint, settings.phase, strategy);
  return {
    step: "credential",
    ok,
    ...(!ok && { status: 401, code: "not_authorized" }),
    detail: [
      tokenSentence(credentials, holder, strategy, endpoint),
      proof && !takesTokens &&
      `${strategy.slug} takes no tokens, see auth_methods`,
      strategy.status === "archived" && `${strategy.slug} is archived`,
      isEndpointOpen
        ? `the ${endpoint} endpoint is open for ${strategy.slug}`
        : `the ${endpoint} endpoint is closed for ${strategy.slug}: use its ${
          endpoint === "dedicated" ? "universal" : "dedicated"
        } URL`,
    ].filter(Boolean).join("; "),
    token: kindOf(credentials, holder, strategy),
    ...(holder && !isOf(holder, strategy) && { token_of: nameOf(holder) }),
    ...(holder?.ends_at && { ends_at: holder.ends_at }),
    endpoint,
    endpoint_open: isEndpointOpen,
    auth_methods: strategy.auth_methods,
    allowed_ips: strategy.allowed_ips,
    strategy_status: strategy.status,
  };
}
