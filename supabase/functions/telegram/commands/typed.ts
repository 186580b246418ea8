/** A command as it was typed. */
export interface TypedCommand {
  name: string;
  /** The bot that it is addressed to: in groups `/help@name_bot`. */
  mention: string | undefined;
  argument: string;
}

/** Parses `/name@bot argument`; returns `undefined` if the text is not a command. */
export function parseCommand(text: string): TypedCommand | undefined {
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
