/**
 * Writes docs/contract/ from the schemas that the functions use: `deno run -A scripts/docs/write_contract.ts`.
 */
import { compile } from "json-schema-to-typescript";
import { z } from "zod";
import {
  deliveryHeadersSchema,
  messageSchema,
} from "../../supabase/functions/_shared/worker_api/message.ts";
import { openapiDocument } from "../../supabase/functions/provision/openapi/document.ts";
import { runCommand } from "../cli/run_command.ts";
import { formatted } from "./formatted.ts";

export const CONTRACT_DIR = new URL("../../docs/contract/", import.meta.url);

const SERVER = {
  url: "https://{project}.supabase.co/functions/v1",
  variables: { project: { default: "example" } },
};

if (import.meta.main) await runCommand(main);

async function main(): Promise<void> {
  await Deno.mkdir(CONTRACT_DIR, { recursive: true });
  for (const [name, text] of Object.entries(await renderContract())) {
    await Deno.writeTextFile(new URL(name, CONTRACT_DIR), text);
  }
}

/** Returns the files of docs/contract/ by name. */
export async function renderContract(): Promise<Record<string, string>> {
  const delivery = schemaOf(
    z.object({ headers: deliveryHeadersSchema, body: messageSchema })
      .describe("The body of a delivery to a function or URL"),
    "Delivery",
  );
  return {
    "message.schema.json": json(schemaOf(messageSchema, "Message")),
    "delivery.schema.json": json(delivery),
    "openapi.json": json(openapiDocument(SERVER)),
    "types.ts": await typesOf(delivery),
  };
}

/** Returns the JSON Schema of what goes over the wire. */
function schemaOf(schema: z.ZodType, title: string): Record<string, unknown> {
  const names = z.registry<{ title?: string }>();
  names.add(messageSchema, { title: "Message" });
  names.add(deliveryHeadersSchema, { title: "DeliveryHeaders" });
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      Object.assign(jsonSchema, names.get(zodSchema as unknown as z.ZodType));
    },
  });
  return { $schema, title, ...rest };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function typesOf(schema: Record<string, unknown>): Promise<string> {
  const types = compile(structuredClone(schema), "Delivery", {
    additionalProperties: false,
    bannerComment: "/** Types of the contract; see delivery.schema.json. */",
    format: false,
  });
  return types.then((text) => formatted(text, "ts"));
}
