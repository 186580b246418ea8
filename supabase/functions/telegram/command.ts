/** A command as someone typed it. */
export interface Typed {
  name: string;
  /** The bot it is meant for: in groups `/help@name_bot`. */
  mention: string | undefined;
  argument: string;
}

/** Reads `/name@bot argument`, or nothing if the text is no command. */
export function readCommand(text: string): Typed | undefined {
  const match = /^\/([a-z0-9_]{1,32})(?:@([a-z0-9_]+))?(?:\s+([\s\S]*))?$/i
    .exec(text.trim());
  if (!match) return undefined;
  const [, name = "", mention, argument = ""] = match;
  return {
    name: name.toLowerCase(),
    mention: mention?.toLowerCase(),
    argument: argument.trim(),
  };
}
