/**
 * Sentences that say what to write instead, for the mistakes that senders make most. They quote names that we know,
 * never the alert: what stands in it may be a credential.
 *
 * @module
 */

/** Of alerts of strategies only: tradingview.com/support/solutions/43000531021. */
const STRATEGY_PLACEHOLDER =
  /\{\{\s*(strategy\.(?:order\.(?:action|contracts|price|id|comment|alert_message)|position_size|(?:prev_)?market_position(?:_size)?))\s*\}\}/;
const PLACEHOLDER =
  /\{\{\s*(ticker|exchange|open|high|low|close|volume|time|timenow|interval|syminfo\.(?:currency|basecurrency)|plot_\d{1,2})\s*\}\}/;

/** Returns what to do about a placeholder that was not replaced; `undefined`: it is none of TradingView's. */
export function unresolved(text: string): string | undefined {
  const ofStrategy = STRATEGY_PLACEHOLDER.exec(text)?.[1];
  if (ofStrategy !== undefined) {
    return `'{{${ofStrategy}}}' was not replaced: only an alert of a strategy knows it; ` +
      "in an indicator's alert write the value itself, such as buy";
  }
  const known = PLACEHOLDER.exec(text)?.[1];
  return known &&
    `'{{${known}}}' was not replaced: TradingView does it when the alert fires; in a test by hand write a value`;
}

const PRICE_ALERT =
  /\b(?:crossing|greater than|less than|entering|exiting|inside|outside|moving) /i;
const COLONS = /^\s*[A-Za-z_][\w.-]*\s*:\s*\S/;

/** Returns what to write instead of a text that has no known form. */
export function plainTextHint(text: string): string {
  if (PRICE_ALERT.test(text)) {
    return "This looks like the message that TradingView proposes: it names no action. Replace it in the alert's Message by the kit's, or by one word such as buy";
  }
  if (COLONS.test(text)) {
    return "Write the fields as key=value, or as JSON, not as key: value";
  }
  return "Write JSON as in the kit, key=value fields (action=buy symbol=XAUUSD), or one word such as buy";
}

const SECOND_FIELD = /&[A-Za-z_][\w.-]*=/;

/** Returns what to do about an unknown word that is a whole form (`buy&symbol=X`); `undefined`: it is none. */
export function formHint(word: string): string | undefined {
  return SECOND_FIELD.test(word)
    ? "This looks like form encoding: separate the fields by spaces, ';' or lines, not by '&'"
    : undefined;
}
