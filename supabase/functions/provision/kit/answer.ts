/**
 * Answers a kit, as JSON or as plain text.
 *
 * @module
 */
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { readInput } from "../../_shared/http/input.ts";
import {
  type Kit,
  kitQuerySchema,
} from "../../_shared/provision_api/strategy.ts";
import { renderKit } from "./text.ts";

const TEXT = "text/plain";

/**
 * Returns a function that answers this caller a kit: as plain text with `?format=text` or `Accept: text/plain`, else
 * as JSON. Throws `invalid_request` for another format, so call it before anything is changed.
 */
export function kitAnswerer(
  context: Context,
): (kit: Kit, status?: 200 | 201) => Response {
  const isText = wantsText(context);
  return (kit, status = 200) =>
    isText ? context.text(renderKit(kit), status) : context.json(kit, status);
}

function wantsText(context: Context): boolean {
  const { format } = readInput(kitQuerySchema, context.req.query());
  if (format) return format === "text";
  const preferred = accepts(context, {
    header: "Accept",
    supports: ["application/json", TEXT],
    default: "application/json",
  });
  return preferred === TEXT;
}
