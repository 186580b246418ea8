/** A guard of the project and how it could be lost, with the places where guards stand. */
import { join } from "node:path";

/** A guard, the one place where it stands, and the tests that must notice its loss. */
export interface Mutation {
  guard: string;
  file: string;
  from: string;
  to: string;
  /** Test files. */
  tests: string[];
  /** Only tests whose names include this. */
  filter: string;
}

export const DOMAIN = "supabase/functions/_shared/domain";
export const DATABASE = "supabase/functions/_shared/database";
export const HTTP = "supabase/functions/_shared/http";
export const WEBHOOK = "supabase/functions/webhook";
export const PROVISION = "supabase/functions/provision";
export const DISPATCH = "supabase/functions/dispatch";
export const SIMULATE = "scripts/simulate";

const MIGRATIONS = "supabase/migrations";
const FILES = [
  ...Deno.readDirSync(join(import.meta.dirname!, "../..", MIGRATIONS)),
].map(({ name }) => name);

/** Returns the file of a topic, such as `ingest`; its number may change. */
export function migration(topic: string): string {
  const file = FILES.find((name) =>
    name.replace(/^\d+_/, "") === `${topic}.sql`
  );
  if (file) return `${MIGRATIONS}/${file}`;
  throw new Error(`Cannot find the migration ${topic}`);
}
