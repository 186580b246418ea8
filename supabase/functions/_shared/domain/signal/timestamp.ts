/**
 * Reads the times that senders write: ISO 8601, or seconds or milliseconds since 1970.
 *
 * @module
 */

const EARLIEST_YEAR = 1970;
const LATEST_YEAR = 2200;
/** As seconds this is the year 5138, as milliseconds 1973: no alert is near either. */
const FIRST_MILLISECONDS = 1e11;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Returns the time as ISO text in UTC, or `undefined` if it cannot be read. Without a zone it is UTC, like TradingView's. */
export function readTimestamp(text: string): string | undefined {
  const milliseconds = readEpoch(text) ?? readIso(text);
  if (milliseconds === undefined) return undefined;
  const time = new Date(milliseconds);
  const year = time.getUTCFullYear();
  // An invalid date's year is NaN, and every comparison with NaN is false.
  return year >= EARLIEST_YEAR && year <= LATEST_YEAR
    ? time.toISOString()
    : undefined;
}

function readEpoch(text: string): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Math.floor(value < FIRST_MILLISECONDS ? value * 1000 : value);
}

function readIso(text: string): number | undefined {
  const parts = ISO.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7)
    .map((part = "0") => Number(part)) as Six;
  const isTime = month >= 1 && month <= 12 && hour < 24 && minute < 60 &&
    second < 60;
  // Date.UTC() would turn the 30th of February into the 2nd of March.
  if (!isTime || day < 1 || day > daysIn(year, month)) return undefined;
  const fraction = Number((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offset = readOffset(parts[8]);
  if (offset === undefined) return undefined;
  return Date.UTC(
    year,
    month - 1,
    day,
    hour,
    minute - offset,
    second,
    fraction,
  );
}

type Six = [number, number, number, number, number, number];

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Minutes east of Greenwich; `undefined` if there is no such zone. */
function readOffset(zone = "Z"): number | undefined {
  if (zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  const isShort = zone.length === 3;
  const offset = hours * 60 + (isShort ? 0 : minutes);
  if (hours > 14 || (!isShort && minutes > 59)) return undefined;
  return zone.startsWith("-") ? -offset : offset;
}
