/** Writes times and numbers, short and in one form. */
import type { Alert } from "./types.ts";

const UNITS: [seconds: number, unit: string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"],
];

/** Returns how long something takes: `12 s`, `4 m`, `3 d`. */
export function span(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

/** Returns how long ago a time is, by the database's clock. */
export function ago(at: string | null | undefined, now: string): string {
  if (!at) return "never";
  const seconds = (Date.parse(now) - Date.parse(at)) / 1000;
  return seconds < 1 ? "now" : `${span(seconds)} ago`;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** Returns the local time of day. */
export function clock(at: string): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map(pad).join(":");
}

/** Returns the local date and time, to the millisecond. */
export function moment(at: string): string {
  const time = new Date(at);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()]
    .map(pad).join("-");
  const ms = String(time.getMilliseconds()).padStart(3, "0");
  return `${date} ${clock(at)}.${ms}`;
}

/** Returns a duration: `18 ms`, `1.2 s`, `4 m`. */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000);
}

export const count = (value: number): string => value.toLocaleString("en");

/** Returns words for a code such as `exits_only`. */
export const words = (code: string): string => code.replaceAll("_", " ");

/** Returns what an alert asks for: its signal, or the beginning of its text. */
export function summary({ signal, excerpt, detail }: Alert): string {
  if (!signal) return excerpt ?? detail ?? "";
  const { action, intent, symbol, quantity, price, is_test } = signal;
  return [
    is_test && "test",
    intent ? words(intent) : action,
    symbol,
    quantity,
    price != null && `@ ${price}`,
  ].filter((part) => part || part === 0).join(" ");
}
