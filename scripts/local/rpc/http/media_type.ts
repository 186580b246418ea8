/** Reads media types as PostgREST does (its `MediaType.hs` and `Plan/Negotiate.hs`). */
import { Problem, unsupported } from "./problem.ts";

const JSON_TYPE = "application/json";
const SINGLE = "application/vnd.pgrst.object+json";

/** The types of a response; `SINGLE` is for one row as an object. */
export type ResponseType = typeof JSON_TYPE | typeof SINGLE;

/** The response for each type that PostgREST knows; undefined if the stand-in cannot make it. */
const RESPONSES = new Map<string, ResponseType | undefined>([
  ["*/*", JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  ["application/vnd.pgrst.array", JSON_TYPE],
  ["application/vnd.pgrst.array+json", JSON_TYPE],
  ["application/vnd.pgrst.object", SINGLE],
  [SINGLE, SINGLE],
  ["text/csv", undefined],
  ["application/geo+json", undefined],
]);

/** Returns the type without its parameters, in lower case. */
export function mediaTypeOf(header: string): string {
  return header.split(";")[0]!.trim().toLowerCase();
}

/** Chooses the most preferred type that is available. */
export function negotiate(accept: string | null): ResponseType {
  const accepted = accept === null ? ["*/*"] : inOrder(accept);
  const pick = accepted.find((type) => RESPONSES.has(mediaTypeOf(type)));
  if (pick === undefined) {
    throw new Problem({
      status: 406,
      code: "PGRST107",
      message: "None of these media types are available: " +
        accepted.map(mediaTypeOf).join(", "),
    });
  }
  const response = RESPONSES.get(mediaTypeOf(pick));
  if (response === undefined || /nulls="?stripped/.test(pick)) {
    throw unsupported(406, `The local stand-in cannot make ${pick}`);
  }
  return response;
}

/** Returns the types of an `Accept` header, sorted by preference as wai-extra's `parseHttpAccept` does. */
function inOrder(accept: string): string[] {
  return accept.replaceAll(" ", "").split(",")
    .map((type) => ({
      type,
      quality: qualityOf(type),
      specificity: specificityOf(type),
    }))
    .sort((a, b) => b.quality - a.quality || b.specificity - a.specificity)
    .map(({ type }) => type);
}

function qualityOf(type: string): number {
  return Number(/;q=([\d.]+)/.exec(type)?.[1] ?? 1);
}

/** Parameters make a type more specific, stars less. */
function specificityOf(type: string): number {
  const parameters = type.replace(/;q=[\d.]+/, "").split(";").length;
  return parameters - type.split("*").length;
}
