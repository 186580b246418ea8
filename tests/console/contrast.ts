/** Contrast of every text in sight, computed as WCAG 2.2 does (1.4.3). */
import type { Page } from "./browser.ts";

/** Returns the texts whose contrast is below AA, with their ratio: none is what we want. */
export function lowContrasts(page: Page): Promise<string[]> {
  // Playwright sends the function's text to the page: it can use nothing of this module.
  return page.evaluate(() => {
    // deno-lint-ignore no-explicit-any -- the page's globals, which this program has no types for
    const { document, getComputedStyle, innerHeight } = globalThis as any;
    type Color = [red: number, green: number, blue: number, alpha: number];

    const canvas = document.createElement("canvas").getContext("2d", {
      willReadFrequently: true,
    });
    const read = (text: string): Color => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = (top: Color, below: Color): Color => {
      const mixed = [0, 1, 2].map((n) =>
        top[n]! * top[3] + below[n]! * (1 - top[3])
      );
      return [mixed[0]!, mixed[1]!, mixed[2]!, 1];
    };
    const groundOf = (element: unknown): Color => {
      // deno-lint-ignore no-explicit-any -- as above
      const node = element as any;
      if (!node) return read("white");
      const own = read(getComputedStyle(node).backgroundColor);
      return own[3] === 1 ? own : over(own, groundOf(node.parentElement));
    };
    const luminance = ([red, green, blue]: Color): number => {
      const [r, g, b] = [red, green, blue].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const ratio = (one: Color, other: Color): number => {
      const [low, high] = [luminance(one), luminance(other)].sort((a, b) =>
        a - b
      );
      return (high! + 0.05) / (low! + 0.05);
    };

    const found: string[] = [];
    const check = (element: unknown, text: string, color: string) => {
      // deno-lint-ignore no-explicit-any -- as above
      const node = element as any;
      const ground = groundOf(node);
      const { fontSize, fontWeight } = getComputedStyle(node);
      const size = parseFloat(fontSize);
      const isLarge = size >= 24 || size >= 18.66 && Number(fontWeight) >= 700;
      const reached = ratio(over(read(color), ground), ground);
      if (reached < (isLarge ? 3 : 4.5)) {
        found.push(`${reached.toFixed(2)} ${color}: ${text.slice(0, 40)}`);
      }
    };
    for (const node of document.querySelectorAll("body *")) {
      const { top, bottom, width } = node.getBoundingClientRect();
      if (width < 2 || bottom < 0 || top > innerHeight) continue;
      const style = getComputedStyle(node);
      if (node.placeholder) {
        const { color } = getComputedStyle(node, "::placeholder");
        check(node, node.placeholder, color);
      }
      const text = [...node.childNodes]
        .filter((child) => child.nodeType === 3)
        .map((child) => child.textContent.trim()).join("");
      if (text) check(node, text, style.color);
    }
    return [...new Set(found)];
  });
}
