/** Reads media types as PostgREST does (its `MediaType.hs` and `Plan/Negotiate.hs`). */
import { Problem, unsupported } from "./problem.ts";

const JSON_TYPE = "application/json";
const SINGLE = "application/vnd.pgrst.object+json";

/** The types of a response; `SINGLE` is one row as an object. */
export type ResponseType = typeof JSON_TYPE | typeof SINGLE;

/** The response for each type that may be accepted; undefined if only the real PostgREST makes it. */
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

/** The type without its parameters, in lower case. */
export function mediaTypeOf(header: string): string {
  return header.split(";")[0]!.trim().toLowerCase();
}

/** Chooses the most wanted type that can be made. */
export function negotiate(accept: string | null): ResponseType {
  const wanted = accept === null ? ["*/*"] : inOrder(accept);
  const pick = wanted.find((type) => RESPONSES.has(mediaTypeOf(type)));
  if (pick === undefined) {
    throw new Problem({
      status: 406,
      code: "PGRST107",
      message: "None of these media types are available: " +
        wanted.map(mediaTypeOf).join(", "),
    });
  }
  const response = RESPONSES.get(mediaTypeOf(pick));
  if (response === undefined || /nulls="?stripped/.test(pick)) {
    throw unsupported(406, `The local stand-in makes no ${pick}`);
  }
  return response;
}

/** The types of an `Accept` header, the most wanted first, as wai-extra's `parseHttpAccept` sorts them. */
function inOrder(accept: string): string[] {
  return accept.replaceAll(" ", "").split(",")
    .map((type) => ({ type, quality: qualityOf(type), detail: detailOf(type) }))
    .sort((a, b) => b.quality - a.quality || b.detail - a.detail)
    .map(({ type }) => type);
}

function qualityOf(type: string): number {
  return Number(/;q=([\d.]+)/.exec(type)?.[1] ?? 1);
}

/** Parameters make a type more special, stars less. */
function detailOf(type: string): number {
  const parameters = type.replace(/;q=[\d.]+/, "").split(";").length;
  return parameters - type.split("*").length;
}
