/** What each step would make of an alert, as of now. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post } from "../data/client.ts";

const TONES: Record<string, string> = { "✓": "good", "✗": "bad", "!": "warn" };

interface Explained {
  lines: string[];
}

interface Props {
  slug: string;
  text: string;
  /** Whether the text is the whole body: a part of it would be judged otherwise. */
  isWhole: boolean;
}

export function Explain({ slug, text, isWhole }: Props): JSX.Element {
  const [lines, setLines] = useState<string[]>();
  const [error, setError] = useState("");
  const explain = async () => {
    try {
      const { lines } = await post<Explained>("/explain", { slug, text });
      setLines(lines);
      setError("");
    } catch (error) {
      setError((error as Error).message);
    }
  };
  return (
    <section>
      <h3>Explanation</h3>
      {!isWhole && (
        <p>The body is too long to be shown whole, or to be explained.</p>
      )}
      {isWhole && !lines && (
        <button type="button" onClick={explain}>Explain each step</button>
      )}
      {error && <p class="bad" role="alert">{error}</p>}
      {lines && (
        <ul class="steps">
          {lines.map((line) => (
            <li key={line}>
              <span class={TONES[line[0] ?? ""] ?? ""}>{line.slice(0, 1)}</span>
              {line.slice(1)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
