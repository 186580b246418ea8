import { parseArgs, type ParseArgsConfig } from "node:util";
import { Failure, reasonOf } from "./failure.ts";

/** A command's flags, read strictly: a mistyped one is a {@linkcode Failure} of one sentence. */
export function parseFlags<Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node's message goes on with advice; its first sentence is enough.
    const [sentence] = reasonOf(error).split(/\.\s/);
    throw new Failure(`Cannot read flags: ${sentence}; see --help`);
  }
}
