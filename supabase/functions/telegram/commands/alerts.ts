/**
 * Commands about one alert: what became of it, and what would.
 *
 * @module
 */
import { harmless } from "../../_shared/harmless.ts";
import { findStrategy } from "../../_shared/provision_api/calls.ts";
import { ProvisionError } from "../../_shared/provision_api/client.ts";
import { readTrace } from "../../_shared/provision_api/trace.ts";
import { renderExplanation } from "../../_shared/reports/explanation.ts";
import {
  explainPaste,
  mayHoldCredential,
  readPaste,
} from "../../_shared/reports/paste.ts";
import type { Reader } from "../../_shared/reports/reader.ts";
import { renderTrace } from "../../_shared/reports/trace.ts";
import type { Piece } from "../message.ts";
import type { CommandContext } from "./context.ts";

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

function readerIn({ isPrivate }: CommandContext): Reader {
  return {
    quote: harmless,
    isAlone: isPrivate,
    seesAnswers: false,
    maxExcerpt: 300,
  };
}

/** Traces the alert whose id is given, or stands in the message that is replied to. */
export async function showTrace(context: CommandContext): Promise<Piece[]> {
  const { argument, quoted = "", provision } = context;
  const id = argument || UUID.exec(quoted)?.[0];
  if (!id) {
    return [
      "Use it like this: /trace ID, with the correlation id of an alert; or reply with /trace to a message that has one",
    ];
  }
  return [renderTrace(await readTrace(provision, id), readerIn(context))];
}

/** Explains the pasted alert, or the message that is replied to; a URL is judged where nobody else reads along. */
export async function explain(context: CommandContext): Promise<Piece[]> {
  const { isPrivate, provision } = context;
  const { name, pasted } = await readArgument(context);
  if (!pasted) {
    return [
      "Use it like this: /explain [SLUG] ALERT, its URL may stand before it; or reply with /explain [SLUG] to an alert",
    ];
  }
  const paste = readPaste(pasted);
  if (!isPrivate && (paste.url ?? mayHoldCredential(pasted))) {
    return [
      "This has a credential in it, which everyone here can read: rotate the secret, and ask me in a private chat",
    ];
  }
  const { slug, dryRun } = await explainPaste(provision, paste, name)
    .catch((error) => {
      const isUnnamed = error instanceof ProvisionError &&
        error.code === "strategy_missing";
      throw isUnnamed
        ? new ProvisionError(`${error.message}: /explain SLUG ALERT`)
        : error;
    });
  return [renderExplanation(dryRun, slug, readerIn(context)).text];
}

/** Tells a strategy's name from the alert behind it: `/explain gold BUY`. */
async function readArgument(
  { argument, quoted, provision }: CommandContext,
): Promise<{ name?: string; pasted: string }> {
  if (quoted) return { ...(argument && { name: argument }), pasted: quoted };
  const [, word, rest] = /^([\p{L}\d_-]{1,100})\s+([\s\S]+)$/u
    .exec(argument) ?? [];
  if (!word || !rest) return { pasted: argument };
  try {
    return { name: (await findStrategy(provision, word)).slug, pasted: rest };
  } catch (error) {
    if (error instanceof ProvisionError && error.code === "not_found") {
      return { pasted: argument };
    }
    throw error;
  }
}
