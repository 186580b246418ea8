import { type Bytes, utf8 } from "../_shared/domain/bytes.ts";
import {
  type Credential,
  readCredentials,
} from "../_shared/domain/credential/credential.ts";
import { equalDigests, sha256 } from "../_shared/domain/credential/digest.ts";
import { Refusal } from "../_shared/domain/refusal.ts";
import type { Endpoint } from "../_shared/domain/strategy.ts";
import { readBody } from "../_shared/http/body.ts";
import { clientIp } from "../_shared/http/client_ip.ts";
import { pathBehind } from "../_shared/http/path.ts";

const MAX_SHOWN_CHARACTERS = 100;

/** A request as it came, with nothing of it trusted. */
export interface Arrival {
  correlationId: string;
  /** `performance.now()` once the body was there: a slow sender spends its own time. */
  arrivedAt: number;
  endpoint: Endpoint;
  /** The strategy as the dedicated endpoint's path names it. */
  slug: string | undefined;
  /** `undefined`: one of them is malformed. */
  credentials: Credential[] | undefined;
  /** Whether the first hop came over plain http. */
  overHttp: boolean;
  remoteIp: string | undefined;
  /** Whether the project's secret key came along: `provision` sends a test. */
  isFromProject: boolean;
  userAgent: string | undefined;
  body: Bytes;
}

export interface ArrivalWorld {
  clientIpHeader: string | undefined;
  /** The project's. */
  secretKey: string;
}

/** Reads what is needed of a request, body included; throws what no credential could mend. */
export async function readArrival(
  request: Request,
  correlationId: string,
  { clientIpHeader, secretKey }: ArrivalWorld,
): Promise<Arrival> {
  if (request.method !== "POST") {
    throw new Refusal("method_not_allowed", { allow: "POST" });
  }
  const { headers } = request;
  const url = new URL(request.url);
  const path = pathBehind("webhook", url);
  const body = await readBody(request);
  return {
    correlationId,
    arrivedAt: performance.now(),
    endpoint: path.length ? "dedicated" : "universal",
    slug: path.length ? path.join("/") : undefined,
    credentials: readCredentials(headers, url.searchParams),
    overHttp: headers.get("x-forwarded-proto")?.split(",")[0]?.trim() ===
      "http",
    remoteIp: clientIp(headers, clientIpHeader),
    isFromProject: equalDigests(
      sha256(utf8(headers.get("apikey") ?? "")),
      sha256(utf8(secretKey)),
    ),
    userAgent: headers.get("user-agent")?.slice(0, MAX_SHOWN_CHARACTERS),
    body,
  };
}
