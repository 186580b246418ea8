/**
 * The universal endpoint and its secret.
 *
 * @module
 */
import { Hono } from "hono";
import { z } from "zod";
import { rotationSchema } from "../../_shared/provision_api/strategy.ts";
import type { Deps, RequestEnv } from "../context.ts";
import { readJson } from "../../_shared/http/input.ts";
import { unreadableUniversal } from "../kit/kit.ts";
import { refuseDuringRotation } from "./rotation.ts";

const universalSchema = z.object({
  functions_url: z.string().nullable(),
  secrets: z.array(z.unknown()),
  secret: z.string().nullish(),
  token: z.string().nullish(),
});

export function universal({ database, publicUrl }: Deps): Hono<RequestEnv> {
  const app = new Hono<RequestEnv>();

  async function show(reveal: boolean) {
    const { functions_url, ...shown } = universalSchema.parse(
      await database.call("show_universal", { reveal }),
    );
    if (shown.secret === null) throw unreadableUniversal();
    const query = shown.token ? `?token=${shown.token}` : "";
    return { url: `${functions_url ?? publicUrl}/webhook${query}`, ...shown };
  }

  app.get("/", async (c) => {
    const reveal = c.req.query("reveal") === "true";
    return c.json(await show(reveal));
  });

  app.post("/rotate", async (c) => {
    const rotation = await readJson(c.req.raw, rotationSchema);
    const { actor } = c.var;
    refuseDuringRotation(
      await database.call("rotate_universal_secret", { ...rotation, actor }),
    );
    return c.json(await show(true));
  });

  app.post("/revoke", async (c) => {
    const { actor } = c.var;
    const revoked = await database.call("revoke_old_universal_secret", {
      actor,
    });
    return c.json({ revoked });
  });

  return app;
}
