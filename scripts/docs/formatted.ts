/** Returns a text as `deno fmt` writes it; `extension` says what it is. */
export async function formatted(
  text: string,
  extension: "md" | "ts",
): Promise<string> {
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", extension, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const written = new Response(text).body!.pipeTo(formatter.stdin);
  const { success, stdout } = await formatter.output();
  await written;
  if (!success) throw new Error("Cannot format the document: see above");
  return new TextDecoder().decode(stdout);
}
