/**
 * Decimal numbers as text: nothing here passes through a double unless it survives it.
 *
 * @module
 */

/** Far beyond any real number, and well inside what Postgres `numeric` can store. */
const MAX_NUMBER_LENGTH = 1000;
const MAX_EXPONENT = 1000;

/** `digits` × 10^`exponent`, without leading or trailing zeros; zero has no digits. */
interface Significand {
  digits: string;
  exponent: number;
}

function significandOf(number: string): Significand {
  const [mantissa = "", power = "0"] = number.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const padded = (whole + fraction).replace(/^0+/, "");
  const digits = padded.replace(/(?<!0)0+$/, "");
  const trimmed = padded.length - digits.length;
  return { digits, exponent: Number(power) - fraction.length + trimmed };
}

/** Whether a JSON number has no exponent and at most 15 digits, which any double keeps (IEEE 754; DBL_DIG of C). */
function isShort(number: string): boolean {
  return number.length <= 15 && !/e/i.test(number);
}

/**
 * Whether every reader of the document will see this JSON number as it was written:
 * finite, storable in Postgres, and, if it is an integer, exact as a double.
 */
export function isSafeNumber(number: string): boolean {
  if (isShort(number)) return true;
  if (number.length > MAX_NUMBER_LENGTH) return false;
  const value = Number(number);
  const { digits, exponent } = significandOf(number);
  if (!Number.isFinite(value) || Math.abs(exponent) > MAX_EXPONENT) {
    return false;
  }
  if (exponent < 0 || Number.isSafeInteger(value)) return true;
  return BigInt(digits) * 10n ** BigInt(exponent) === BigInt(Math.abs(value));
}

/** Whether the number is the same after a trip through a double, as in any other JSON reader. */
export function survivesDouble(number: string): boolean {
  if (isShort(number)) return true;
  const before = significandOf(number);
  if (before.exponent >= 0) return isSafeNumber(number);
  const after = significandOf(String(Number(number)));
  return before.digits === after.digits && before.exponent === after.exponent;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * Returns a number in decimal notation as SQL writes it: `+.50` → `0.50`, `-0` → `0`, `1e-05` (as
 * programs write small prices) → `0.00001`. `undefined` for anything else.
 */
export function canonicalDecimal(text: string): string | undefined {
  const parts = NUMBER.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = parts;
  if (whole === "" && fraction === "") return undefined;
  const isZero = !/[1-9]/.test(whole + fraction);
  const magnitude = shifted(whole, fraction, isZero ? 0 : Number(power));
  const isNegative = sign === "-" && /[1-9]/.test(magnitude);
  return isNegative ? `-${magnitude}` : magnitude;
}

/** Moves the decimal point without losing a digit. */
function shifted(whole: string, fraction: string, power: number): string {
  const point = whole.length + power;
  const digits = "0".repeat(Math.max(0, -point)) + whole + fraction +
    "0".repeat(Math.max(0, power - fraction.length));
  const at = Math.max(0, point);
  const decimals = digits.slice(at);
  return (digits.slice(0, at).replace(/^0+/, "") || "0") +
    (decimals && `.${decimals}`);
}

/** Returns a hundredth, correctly rounded: `82 / 100` is right, but `0.07 * 100 / 100` would not be. */
export function percent(number: string): number {
  const [mantissa, power = "0"] = number.toLowerCase().split("e");
  return Number(`${mantissa}e${Number(power) - 2}`);
}
