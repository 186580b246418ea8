/** Arbitrary JSON, for the tests of this folder. */
import fc from "fast-check";

export const json = fc.json({ maxDepth: 4, stringUnit: "binary" });
