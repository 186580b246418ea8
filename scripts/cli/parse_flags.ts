/** Parses the flags of a command. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { Failure, reasonOf } from "./failure.ts";

/** Parses strictly: a mistyped flag is a {@linkcode Failure}, never ignored. */
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

/** Checks that a flag's value is one of its choices. */
export function oneOf<Choice extends string>(
  choices: readonly Choice[],
  given: string,
  flag: string,
): Choice {
  const choice = choices.find((one) => one === given);
  if (choice) return choice;
  throw new Failure(
    `Cannot use ${flag} ${given}: choose ${choices.join(", ")}`,
  );
}
