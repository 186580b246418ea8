/** One JSON object per line, as `serve()` writes them: never what people wrote, never a secret. */
export function log(fields: Record<string, unknown>): void {
  // deno-lint-ignore no-console -- the platform collects stdout
  console.log(JSON.stringify({ function: "telegram", ...fields }));
}
