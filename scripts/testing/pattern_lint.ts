/**
 * A rule of `deno lint`: two repeats of one class must not meet, as in `\d*\.?\d+`. Where they do, a text that does not
 * match is tried once for every place at which one could end and the other begin.
 *
 * @module
 */

/** A class, repeated, then at most one optional character, then the same class, repeated. */
const MEETING =
  /(\\[dwsDWS]|\[(?:[^\]\\]|\\.){1,100}\])[*+]\??(?:(?:\\.|[^\\()[\]{}|*+?])\?)?\1[*+]/;

const plugin: Deno.lint.Plugin = {
  name: "patterns",
  rules: {
    "no-meeting-repeats": {
      create: (context) => ({
        Literal(node) {
          if (!("regex" in node) || !node.regex) return;
          if (!MEETING.test(node.regex.pattern)) return;
          context.report({
            node,
            message: "Two repeats of one class meet: a long text stops us",
            hint: String.raw`Write \d+(?:\.\d+)?|\.\d+ for \d*\.?\d+`,
          });
        },
      }),
    },
  },
};
export default plugin;
