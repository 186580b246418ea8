/**
 * The calls of `provision` that several clients make.
 *
 * @module
 */
import { type ProvisionClient, strategyPath } from "./client.ts";
import {
  type Kit,
  kitSchema,
  strategiesAnswerSchema,
  type Strategy,
  strategyAnswerSchema,
} from "./strategy.ts";

const CREATED = 201;

export async function listStrategies(
  provision: ProvisionClient,
): Promise<Strategy[]> {
  const { body } = await provision.call(strategiesAnswerSchema, "/strategies");
  return body.strategies;
}

/** Returns a strategy by name, slug or alias, without its secrets. */
export async function findStrategy(
  provision: ProvisionClient,
  name: string,
): Promise<Strategy> {
  const path = strategyPath(name);
  const { body } = await provision.call(strategyAnswerSchema, path);
  return body.strategy;
}

/** Returns the kit of a strategy by name, slug or alias. */
export async function revealKit(
  provision: ProvisionClient,
  name: string,
): Promise<Kit> {
  const path = `${strategyPath(name)}?reveal=true`;
  return (await provision.call(kitSchema, path)).body;
}

/** Registers a strategy; with the settings of one that exists, returns that one's kit. */
export async function registerStrategy(
  provision: ProvisionClient,
  settings: Record<string, unknown>,
): Promise<{ isNew: boolean; kit: Kit }> {
  const { status, body: kit } = await provision.call(kitSchema, "/strategies", {
    method: "POST",
    body: settings,
  });
  return { isNew: status === CREATED, kit };
}

/** Gives a strategy a new secret; the previous one works on during the overlap. */
export async function rotateSecret(
  provision: ProvisionClient,
  slug: string,
): Promise<Kit> {
  const path = `${strategyPath(slug)}/rotate`;
  return (await provision.call(kitSchema, path, { method: "POST", body: {} }))
    .body;
}
