/**
 * Renders docs/settings.md from the tables and from the schemas of `provision`:
 * `deno run -A scripts/docs/write_settings.ts`.
 */
import { z } from "zod";
import {
  modeSchema,
  phaseSchema,
} from "../../supabase/functions/_shared/provision_api/operations.ts";
import {
  registrationSchema,
  routeSchema,
} from "../../supabase/functions/_shared/provision_api/settings.ts";
import { workerSettingsSchema } from "../../supabase/functions/_shared/worker_api/settings.ts";
import { runCommand } from "../cli/run_command.ts";
import { boundsOf, type JsonSchema } from "./bounds.ts";
import { formatted } from "./formatted.ts";
import { type Column, columnsOf } from "./table_columns.ts";

export const SETTINGS_DOC = new URL("../../docs/settings.md", import.meta.url);

/** Settings of a registration that are no columns: the text says what they do. */
const NO_COLUMNS = ["routes", "queue"];
/** Columns that the database keeps for itself, or shows only. */
const MAINTAINED = [
  "id",
  "singleton",
  "strategy_id",
  "webhook_secret",
  "detected_url",
  "internal_url",
  "disabled_at",
  "is_gone",
  "version",
  "created_at",
  "updated_at",
];

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  await Deno.writeTextFile(SETTINGS_DOC, await renderSettings());
}

/** Returns docs/settings.md. */
export async function renderSettings(): Promise<string> {
  const [strategy, route, worker, router] = [
    await table("strategies", registrationSchema),
    await table("routes", routeSchema),
    await table("workers", workerSettingsSchema),
    await table(
      "router_settings",
      z.object({ phase: phaseSchema, mode: modeSchema.shape.mode }),
    ),
  ];
  return await formatted(
    `# Settings

Every setting with its default and what it may be. Made of the tables' columns
and of \`provision\`'s schemas; \`scripts/docs/write_settings.ts\` writes it.

## A strategy

\`POST /provision/strategies\`, \`PATCH /provision/strategies/{slug}\`, or the table
\`strategies\` in Studio. A registration also takes \`routes\` (at most 50, below),
and \`queue\`: whether the strategy gets a queue of its own; by default if it names
no routes. \`webhook_secret\` is shown as a mask; clear the cell to rotate it.

${strategy}

## A route

\`POST /provision/strategies/{slug}/routes\`, \`PATCH …/routes/{id}\` for what is to
change (\`null\` removes a filter), \`DELETE …/routes/{id}\`. Also in \`routes\` of a
strategy, where a route to the same target gets new filters, and its \`enabled\`
stays unless it is named; or the table \`routes\`, where an empty \`strategy_id\`
means every strategy. A target that answers 410 three times in a row turns its
route off: only \`enabled: true\` turns it on again.

${route}

## A worker

\`POST /provision/workers\`; a queue is named by itself, or by its strategy. Each
worker has at most two live keys.

${worker}

## The router

One row in the table \`router_settings\`, changed in Studio; \`phase\` and \`mode\`
also by \`PUT /provision/phase\` and \`PUT /provision/mode\`.

${router}
`,
    "md",
  );
}

/** Returns a table's settings as a Markdown table; throws where schema and table differ. */
async function table(name: string, schema: z.ZodType): Promise<string> {
  const settings = propertiesOf(z.toJSONSchema(schema, { io: "input" }));
  const columns = await columnsOf(name);
  const known = new Set([...NO_COLUMNS, ...columns.map(({ name }) => name)]);
  const missing = Object.keys(settings).filter((one) => !known.has(one));
  if (missing.length) throw new Error(`${name} has no column ${missing}`);
  const rows = columns.filter(({ name }) => !MAINTAINED.includes(name))
    .map((column) => row(column, settings[column.name]));
  return [
    "| setting | meaning | default | may be |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Returns the properties of an object; of one that may have several forms, those of all. */
function propertiesOf(
  { properties = {}, oneOf = [] }: JsonSchema,
): Record<string, JsonSchema> {
  const forms = oneOf.map((form) => propertiesOf(form));
  const kinds = forms.flatMap(({ kind }) => kind?.const ?? []);
  return Object.assign(
    {},
    ...forms,
    properties,
    kinds.length && {
      kind: { enum: kinds },
      target: { type: "string" },
    },
  );
}

function row(column: Column, setting: JsonSchema | undefined): string {
  const { name, comment, preset } = column;
  const isRequired = setting !== undefined && preset === undefined &&
    ["name", "target", "queues"].includes(name);
  const shown = preset === undefined || preset === "" || preset === "{}"
    ? "empty"
    : `\`${preset}\``;
  const cells = [
    `\`${name}\``,
    comment,
    isRequired ? "required" : shown,
    boundsOf(column, setting),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
