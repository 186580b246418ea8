/**
 * The formats of texts that a payload schema may ask for. Each bounds the text before anything looks into it.
 *
 * @module
 */

const MAX_URI_LENGTH = 2048;

/** Whether a text is of a format, by the format's name. */
export const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date", isDate],
  ["time", (text) => TIME.test(text)],
  ["date-time", isDateTime],
  ["duration", (text) => text.length <= 64 && DURATION.test(text)],
  ["email", isEmail],
  ["hostname", isHostname],
  ["ipv4", isIpv4],
  ["ipv6", (text) => IPV6.test(text) && URL.canParse(`http://[${text}]`)],
  ["uri", isUri],
  ["url", (text) => /^(?:https?|ftp):\/\//i.test(text) && isUri(text)],
  ["uuid", (text) => UUID.test(text)],
]);

const TIME =
  /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;
const DURATION =
  /^P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?!$)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;
const IPV6 = /^[0-9a-f:.]{2,45}$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // What is no day of its month is invalid, or becomes one of the next.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  return isDate(text.slice(0, 10)) && /^[t ]$/i.test(text.charAt(10)) &&
    TIME.test(text.slice(11));
}

function isHostname(text: string): boolean {
  return text.length <= 253 &&
    text.split(".").every((label) =>
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)
    );
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  const name = text.slice(0, Math.max(0, at));
  return name.length <= 64 && isHostname(text.slice(at + 1)) &&
    name.split(".").every((part) => /^[\w!#$%&'*+/=?^`{|}~-]+$/.test(part));
}

function isIpv4(text: string): boolean {
  return text.length <= 15 && text.split(".").length === 4 &&
    text.split(".").every((part) =>
      /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256
    );
}

function isUri(text: string): boolean {
  return text.length <= MAX_URI_LENGTH &&
    /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i.test(text) && URL.canParse(text);
}
