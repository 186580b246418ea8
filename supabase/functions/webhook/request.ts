/**
 * Reads an incoming request: nothing of it is trusted yet.
 *
 * @module
 */
import {
  peekStrategyName,
  strategyNameOf,
} from "../_shared/domain/alert/alert.ts";
import { type AlertBody, openBody } from "../_shared/domain/alert/body.ts";
import { utf8 } from "../_shared/domain/bytes.ts";
import {
  type Credential,
  readCredentials,
} from "../_shared/domain/credential/credential.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Ingress } from "../_shared/domain/rules.ts";
import { readBody } from "../_shared/http/body.ts";
import { clientIp } from "../_shared/http/client_ip.ts";
import { pathBehind } from "../_shared/http/path.ts";

const MAX_SHOWN_CHARACTERS = 100;

/** An incoming request: nothing of it is trusted. */
export interface Incoming {
  correlationId: string;
  /** `performance.now()` once the body was there: a slow sender spends its own time. */
  arrivedAt: number;
  ingress: Ingress;
  /** The strategy as the dedicated endpoint's path names it. */
  slug: string | undefined;
  /**
   * Returns the name by which the strategy is looked up: the path's, else the payload's, else none. Of a stranger's
   * body only what costs little is read.
   */
  strategyName(isVerified?: boolean): string;
  /** `undefined`: one of them is malformed. */
  credentials: Credential[] | undefined;
  remoteIp: string | undefined;
  /** The project's secret key came along: `provision` sends a test. */
  isFromProject: boolean;
  userAgent: string | undefined;
  /** Parsed when it is first asked for. */
  body: AlertBody;
}

export interface RequestDeps {
  clientIpHeader: string | undefined;
  publicUrl: string;
  /** The project's. */
  secretKey: string;
}

/** Reads the request, body included; throws refusals that do not depend on the credential. */
export async function readRequest(
  request: Request,
  correlationId: string,
  { clientIpHeader, publicUrl, secretKey }: RequestDeps,
): Promise<Incoming> {
  if (request.method !== "POST") {
    throw new Refusal("method_not_allowed", { allow: "POST" });
  }
  const { headers } = request;
  const url = new URL(request.url);
  const path = pathBehind("webhook", url);
  const body = openBody(await readBody(request));
  const protocol = headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  const slug = path.length ? path.join("/") : undefined;
  return {
    correlationId,
    arrivedAt: performance.now(),
    ingress: {
      endpoint: path.length ? "dedicated" : "universal",
      isPlainHttp: protocol === "http",
      publicUrl,
    },
    slug,
    strategyName: (isVerified = false) =>
      slug ?? (isVerified ? strategyNameOf : peekStrategyName)(body) ?? "",
    credentials: readCredentials(headers, url.searchParams),
    remoteIp: clientIp(headers, clientIpHeader),
    isFromProject: isProjectKey(headers.get("apikey"), secretKey),
    userAgent: headers.get("user-agent")?.slice(0, MAX_SHOWN_CHARACTERS),
    body,
  };
}

function isProjectKey(key: string | null, secretKey: string): boolean {
  return key !== null &&
    equalDigests(sha256(utf8(key)), sha256(utf8(secretKey)));
}
