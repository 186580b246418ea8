/**
 * Reads what somebody pasted to have it explained: an alert, and maybe the webhook URL that it is sent to.
 *
 * @module
 */
import { strategyNameOf } from "../domain/alert/alert.ts";
import { openBody } from "../domain/alert/body.ts";
import { utf8 } from "../domain/bytes.ts";
import { findStrategy, listStrategies } from "../provision_api/calls.ts";
import {
  type ProvisionClient,
  ProvisionError,
  strategyPath,
} from "../provision_api/client.ts";
import { type DryRun, dryRunSchema } from "../provision_api/test_alert.ts";

export interface Paste {
  /** The alert; empty: only a URL was pasted. */
  text: string;
  url?: string | undefined;
}

/** Tells the alert from a webhook URL that stands before it, or in a line of its own behind it. */
export function readPaste(pasted: string): Paste {
  const [, first, rest = ""] = /^\s*(https?:\/\/\S+)(?:\s+([\s\S]*))?$/i
    .exec(pasted) ?? [];
  if (first !== undefined) return { text: rest, url: first };
  const [, before = "", last] = /^([\s\S]*?)\n[ \t]*(https?:\/\/\S+)\s*$/i
    .exec(pasted) ?? [];
  return last === undefined ? { text: pasted } : { text: before, url: last };
}

/** Whether a text has a credential in it that others must not read. */
export function mayHoldCredential(text: string): boolean {
  return /[?&]token=|whsec_|\beyJ[\w-]+\.[\w-]+\./i.test(text);
}

/** Explains a paste for the strategy with this name; without one, for the one that its URL or its text names. */
export async function explainPaste(
  provision: ProvisionClient,
  { text, url }: Paste,
  name?: string,
): Promise<{ slug: string; dryRun: DryRun }> {
  const slug = await slugOf(provision, { text, url }, name);
  const body = {
    dry_run: true,
    ...(text.trim() && { body: text }),
    ...(url !== undefined && { url }),
  };
  const path = `${strategyPath(slug)}/test`;
  const request = { method: "POST", body };
  const answer = await provision.call(dryRunSchema, path, request);
  return { slug, dryRun: answer.body };
}

async function slugOf(
  provision: ProvisionClient,
  { text, url }: Paste,
  name: string | undefined,
): Promise<string> {
  const named = name || slugIn(url) || strategyNameOf(openBody(utf8(text)));
  if (named) return (await findStrategy(provision, named)).slug;
  const [only, ...others] = (await listStrategies(provision))
    .filter(({ status }) => status !== "archived");
  if (!only) throw new ProvisionError("No strategy is registered");
  if (others.length) {
    throw new ProvisionError(
      "Neither the alert nor its URL names a strategy: say which one",
      "strategy_missing",
    );
  }
  return only.slug;
}

/** Returns the strategy in the path of a dedicated URL. */
function slugIn(url: string | undefined): string | undefined {
  const slug = /\/webhook\/([^/?#]+)/.exec(url ?? "")?.[1];
  try {
    return slug && decodeURIComponent(slug);
  } catch {
    return undefined; // provision says that it is no webhook URL
  }
}
