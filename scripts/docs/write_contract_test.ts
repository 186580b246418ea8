import assert from "node:assert/strict";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import type { z } from "zod";
import type { Delivery } from "../../docs/contract/types.ts";
import type {
  deliveryHeadersSchema,
  messageSchema,
} from "../../supabase/functions/_shared/worker_api/message.ts";
import { CONTRACT_DIR, renderContract } from "./write_contract.ts";

const read = (name: string) => Deno.readTextFile(new URL(name, CONTRACT_DIR));

const FILES = await renderContract();

for (const [name, text] of Object.entries(FILES)) {
  Deno.test(`docs/contract/${name} is made of the schemas: scripts/docs/write_contract.ts`, async () => {
    assert.equal(await read(name), text);
  });
}

Deno.test("the OpenAPI document has no fault that Redocly's linter finds", async () => {
  const config = await createConfig({
    extends: ["recommended-strict"],
    // The document itself is open: nothing of the caller's is refused.
    rules: { "operation-4xx-response": "off" },
  });
  const source = FILES["openapi.json"]!;
  const found = await lintFromString({ source, config });
  assert.deepEqual(
    found.map(({ ruleId, message, location: [at] }) =>
      `${ruleId}: ${message} ${at?.pointer}`
    ),
    [],
  );
});

type Plain<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };
type Same<One, Other> = [Plain<One>, Plain<Other>] extends
  [Plain<Other>, Plain<One>] ? true : false;

Deno.test("the published types are those of the schemas", () => {
  const isSame: [
    Same<Delivery["body"], z.input<typeof messageSchema>>,
    Same<Delivery["headers"], z.input<typeof deliveryHeadersSchema>>,
  ] = [true, true];
  assert.deepEqual(isSame, [true, true]);
});
