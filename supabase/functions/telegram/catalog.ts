/**
 * Strategies as `provision` tells of them.
 *
 * @module
 */
import { z } from "zod";
import { type Provisioner, strategyPath } from "./provisioner.ts";

const strategySchema = z.object({
  name: z.string(),
  slug: z.string(),
  status: z.string(),
  routing: z.string(),
});

export type Strategy = z.infer<typeof strategySchema>;

export const kitSchema = z.object({
  strategy: strategySchema,
  tradingview: z.object({ webhook_url: z.string(), message: z.string() }),
});

export type Kit = z.infer<typeof kitSchema>;

/** As people recognise it: name and slug. */
export function titleOf({ name, slug }: Strategy): string {
  return name === slug ? name : `${name} (${slug})`;
}

export async function listStrategies(
  provision: Provisioner,
): Promise<Strategy[]> {
  const schema = z.object({ strategies: z.array(strategySchema) });
  const { body } = await provision.call(schema, "GET", "/strategies");
  return body.strategies;
}

export async function findStrategy(
  provision: Provisioner,
  name: string,
): Promise<Strategy> {
  const schema = z.object({ strategy: strategySchema });
  const { body } = await provision.call(schema, "GET", strategyPath(name));
  return body.strategy;
}

export async function rotate(
  provision: Provisioner,
  slug: string,
): Promise<Kit> {
  const path = `${strategyPath(slug)}/rotate`;
  return (await provision.call(kitSchema, "POST", path, {})).body;
}

/** What connects a strategy, its token included. */
export async function reveal(
  provision: Provisioner,
  name: string,
): Promise<Kit> {
  const path = `${strategyPath(name)}?reveal=true`;
  return (await provision.call(kitSchema, "GET", path)).body;
}
