/**
 * Where an operator may send signals, checked before the database takes it.
 *
 * @module
 */
import { z } from "zod";
import { type FieldError, Refusal } from "../_shared/domain/refusal.ts";
import type { Environment } from "../_shared/environment.ts";
import {
  checkTarget,
  ForbiddenTarget,
  type TargetRules,
  UnknownHost,
} from "../_shared/http/outbound.ts";
import {
  isRefusedByPlatform,
  verifyJwtRemedy,
} from "../_shared/http/verify_jwt.ts";

const common = {
  enabled: z.boolean().optional(),
  actions: z.array(z.enum(["buy", "sell", "exit", "cancel", "hold"]))
    .optional(),
  symbols: z.array(z.string().min(1).max(320)).optional(),
  min_confidence: z.number().min(0).max(1).optional(),
};

export const routeSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("queue"),
    target: z.string()
      .regex(/^[a-z0-9_]{1,47}$/, "Expected 1 to 47 of a-z 0-9 _"),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("function"),
    target: z.string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "Expected the name of a function"),
    send_secret_key: z.boolean().optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("http"),
    target: z.url().max(2048),
    ...common,
  }),
]);

export type Route = z.infer<typeof routeSchema>;

/** What checking routes needs of the world. */
export type RouteWorld = TargetRules & Pick<Environment, "internalUrl">;

const ASK_WITHIN_MS = 3000;

/**
 * Returns warnings about targets that are not there yet; throws `invalid_request`
 * for those that may never be called.
 */
export async function checkRoutes(
  routes: readonly Route[],
  world: RouteWorld,
): Promise<string[]> {
  const errors: FieldError[] = [];
  const warnings = await Promise.all(
    routes.map((route, index) =>
      warnOf(route, world).catch((error) => {
        if (!(error instanceof ForbiddenTarget)) throw error;
        const path = `routes.${index}.target`;
        errors.push({ path, code: "forbidden_target", message: error.message });
      })
    ),
  );
  if (errors.length) throw new Refusal("invalid_request", { errors });
  return warnings.filter((warning) => warning !== undefined);
}

async function warnOf(
  { kind, target }: Route,
  world: RouteWorld,
): Promise<string | undefined> {
  switch (kind) {
    case "queue":
      return undefined;
    case "function":
      return await probe(target, world);
    case "http":
      return await checkTarget(target, world).then(() => undefined, (error) => {
        if (error instanceof UnknownHost) {
          return `${error.message}: signals will wait for it`;
        }
        throw error;
      });
  }
}

/**
 * Asks whether signals will reach a function. Without method, body or key that a trading function
 * would act on: a probe must never run it.
 */
async function probe(
  name: string,
  { internalUrl }: RouteWorld,
): Promise<string | undefined> {
  const response = await fetch(`${internalUrl}/${name}`, {
    redirect: "manual",
    signal: AbortSignal.timeout(ASK_WITHIN_MS),
  }).catch(() => undefined); // not answering is what we ask about
  if (!response) {
    return `Function "${name}" does not answer: deploy it before signals come`;
  }
  const { status } = response;
  const body = await response.text().catch(() => "");
  if (isRefusedByPlatform(status, body)) return verifyJwtRemedy(name);
  return status === 404 || status >= 500
    ? `Function "${name}" answers ${status} to a GET: check that it is deployed before signals come`
    : undefined;
}
