/**
 * Checks where routes lead, before they are stored.
 *
 * @module
 */
import type { Environment } from "../../_shared/environment.ts";
import { type FieldError, Refusal } from "../../_shared/domain/refusal.ts";
import {
  checkTarget,
  ForbiddenTarget,
  type TargetRules,
  UnknownHost,
} from "../../_shared/http/outbound.ts";
import type { RouteSettings } from "../../_shared/provision_api/settings.ts";
import {
  isRefusedByPlatform,
  verifyJwtRemedy,
} from "../../_shared/http/verify_jwt.ts";

type RouteDeps = TargetRules & Pick<Environment, "internalUrl">;

const PROBE_WITHIN_MS = 3000;

type RouteTarget = Pick<RouteSettings, "kind" | "target">;

/** Returns warnings about targets that do not exist yet; throws `invalid_request` for forbidden ones. */
export function checkRoutes(
  routes: readonly RouteTarget[],
  deps: RouteDeps,
): Promise<string[]> {
  const targets = routes.map((route, index) =>
    [`routes.${index}.target`, route] as const
  );
  return checkTargets(targets, deps);
}

/** The same of one route, which is the whole body. */
export function checkRoute(
  route: RouteTarget,
  deps: RouteDeps,
): Promise<string[]> {
  return checkTargets([["target", route]], deps);
}

async function checkTargets(
  targets: readonly (readonly [path: string, route: RouteTarget])[],
  deps: RouteDeps,
): Promise<string[]> {
  const errors: FieldError[] = [];
  const warnings = await Promise.all(
    targets.map(([path, route]) =>
      warningFor(route, deps).catch((error) => {
        if (!(error instanceof ForbiddenTarget)) throw error;
        errors.push({ path, code: "forbidden_target", message: error.message });
      })
    ),
  );
  if (errors.length) throw new Refusal("invalid_request", { errors });
  return warnings.filter((warning) => warning !== undefined);
}

async function warningFor(
  { kind, target }: RouteTarget,
  deps: RouteDeps,
): Promise<string | undefined> {
  switch (kind) {
    case "queue":
      return undefined;
    case "function":
      return await probe(target, deps);
    case "http":
      return await checkTarget(target, deps).then(() => undefined, (error) => {
        if (error instanceof UnknownHost) {
          return `${error.message}: signals will wait for it`;
        }
        throw error;
      });
  }
}

/** Checks that signals will reach a function. The probe is a bare GET: it must never make the function trade. */
async function probe(
  name: string,
  { internalUrl }: RouteDeps,
): Promise<string | undefined> {
  const response = await fetch(`${internalUrl}/${name}`, {
    redirect: "manual",
    signal: AbortSignal.timeout(PROBE_WITHIN_MS),
  }).catch(() => undefined); // no answer is the finding
  if (!response) {
    return `Function "${name}" does not answer: deploy it before signals arrive`;
  }
  const { status } = response;
  const body = await response.text().catch(() => "");
  if (isRefusedByPlatform(status, body)) return verifyJwtRemedy(name);
  return status === 404 || status >= 500
    ? `Function "${name}" answers ${status} to a GET: check that it is deployed before signals arrive`
    : undefined;
}
