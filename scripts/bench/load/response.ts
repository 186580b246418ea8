/** A parser of HTTP/1.1 responses that does no more than the load generator needs. */

export interface Answer {
  /** The status and the body's own word for it: `202 accepted`, `401 not_authorized`. */
  outcome: string;
  /** Whether the server closes the connection after it. */
  closes: boolean;
}

/** Decodes bytes as they are: alerts' answers are ASCII. */
const decoder = new TextDecoder("latin1");

/** Parses the one response in the bytes; returns undefined while it is incomplete. */
export function parseResponse(bytes: Uint8Array): Answer | undefined {
  const text = decoder.decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (!status) throw new Error(`Cannot read a response: ${head.slice(0, 80)}`);
  const body = readBody(head, text, end + 4);
  if (body === undefined) return undefined;
  const word = /"(?:status|code)":\s*"(\w+)"/.exec(body)?.[1];
  return {
    outcome: word ? `${status} ${word}` : status,
    closes: /\r\nconnection: close/i.test(head),
  };
}

/** Returns the body, or undefined while it is incomplete. */
function readBody(
  head: string,
  text: string,
  start: number,
): string | undefined {
  if (/\r\ntransfer-encoding: chunked/i.test(head)) {
    return readChunks(text, start);
  }
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (!length) throw new Error("Cannot read a response without its length");
  const end = start + Number(length);
  if (text.length > end) throw new Error("Cannot read more than was asked for");
  return text.length < end ? undefined : text.slice(start, end);
}

function readChunks(text: string, start: number): string | undefined {
  let body = "";
  let at = start;
  while (true) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) throw new Error("Cannot read a chunk's size");
    const end = line + 2 + size + 2;
    if (text.length < end) return undefined;
    if (size === 0) return body;
    body += text.slice(line + 2, end - 2);
    at = end;
  }
}
