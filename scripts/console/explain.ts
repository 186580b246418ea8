/** Explains an alert in the words of `deno task explain`. */
import { z } from "zod";
import { ProvisionError } from "../../supabase/functions/_shared/provision_api/client.ts";
import { renderExplanation } from "../../supabase/functions/_shared/reports/explanation.ts";
import { explainPaste } from "../../supabase/functions/_shared/reports/paste.ts";
import { TERMINAL } from "../cli/print.ts";
import { openProvision, type Project } from "../cli/project.ts";
import { parseJson, problem } from "./calls.ts";

const askedSchema = z.strictObject({ slug: z.string(), text: z.string() });

/** Returns the lines of an explanation; nothing is stored. */
export async function explain(
  asked: string,
  project: Project,
): Promise<Response> {
  const { data } = askedSchema.safeParse(parseJson(asked));
  if (!data) return problem(422, "invalid_request", "Expected slug and text");
  try {
    const { slug, dryRun } = await explainPaste(
      openProvision(project),
      { text: data.text },
      data.slug,
    );
    const { text } = renderExplanation(dryRun, slug, TERMINAL);
    return Response.json({ lines: text.split("\n") });
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    return problem(502, error.code ?? "unexplained", error.message);
  }
}
