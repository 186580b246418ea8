/** HTTP requests as bytes that are made once; only a number in them changes from one to the next. */

/** A request; each `{n}` in its path and body stands for a number that no other request has. */
export interface RequestShape {
  path: string;
  headers?: Record<string, string>;
  body: string;
}

/** A request's bytes, and where its number stands in them. */
export interface Template {
  bytes: Uint8Array<ArrayBuffer>;
  slots: number[];
}

const SLOT = "{n}";
/** Digits of the number: enough for every request of a run. */
const DIGITS = 12;
const ZERO = "0".charCodeAt(0);

/** Compiles a request to a host; its number is 0 at first. */
export function compileTemplate(
  { path, headers = {}, body }: RequestShape,
  host: string,
): Template {
  const content = body.replaceAll(SLOT, "0".repeat(DIGITS));
  const lines = Object.entries({
    host,
    "user-agent": "Go-http-client/1.1", // TradingView's
    "content-type": "application/json",
    "content-length": String(new TextEncoder().encode(content).length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
  const slots: number[] = [];
  let bytes = new Uint8Array();
  for (const [index, part] of text.split(SLOT).entries()) {
    if (index > 0) {
      slots.push(bytes.length);
      bytes = append(bytes, "0".repeat(DIGITS));
    }
    bytes = append(bytes, part);
  }
  return { bytes, slots };
}

/** Copies a template for a connection of its own: bytes that are being sent must not change. */
export function copyTemplate({ bytes, slots }: Template): Template {
  return { bytes: bytes.slice(), slots };
}

/** Writes a number into the slots, and returns the request. */
export function stamp(
  { bytes, slots }: Template,
  number: number,
): Uint8Array<ArrayBuffer> {
  for (const slot of slots) {
    let rest = number;
    for (let digit = DIGITS - 1; digit >= 0; digit--) {
      bytes[slot + digit] = ZERO + rest % 10;
      rest = Math.floor(rest / 10);
    }
  }
  return bytes;
}

function append(
  bytes: Uint8Array<ArrayBuffer>,
  text: string,
): Uint8Array<ArrayBuffer> {
  const more = new TextEncoder().encode(text);
  const all = new Uint8Array(bytes.length + more.length);
  all.set(bytes);
  all.set(more, bytes.length);
  return all;
}
