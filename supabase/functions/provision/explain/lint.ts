/**
 * Looks at an alert's text for what is accepted and yet odd, and for the usual reasons of a refusal.
 *
 * @module
 */
import { openBody } from "../../_shared/domain/alert/body.ts";
import type { AlertDocument } from "../../_shared/domain/alert/document.ts";
import { textOf } from "../../_shared/domain/alert/fields.ts";
import { utf8 } from "../../_shared/domain/bytes.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../_shared/domain/json/value.ts";
import {
  PRICE_FIELDS,
  QUANTITY_FIELDS,
} from "../../_shared/domain/signal/numbers.ts";
import type { Signal } from "../../_shared/domain/signal/signal.ts";

/** `warnings` want a change; `notes` only explain. */
export interface LintFindings {
  warnings: string[];
  notes: string[];
}

/** Lints an alert; `signal` is what was read from it, if anything was. */
export function lint(
  text: string,
  signal: Signal | undefined,
  dedupeSeconds: number,
): LintFindings {
  const parsed = read(text);
  return {
    warnings: [
      ...TEXT_LINTS.filter(([pattern]) => pattern.test(text))
        .map(([, warning]) => warning),
      ...placeholderWarnings(text),
      ...(parsed ? fieldWarnings(parsed) : plainTextWarnings(text)),
      ...(signal ? signalWarnings(signal, dedupeSeconds) : []),
    ],
    notes: parsed ? notesOn(parsed) : [],
  };
}

interface ParsedAlert {
  form: AlertDocument["form"];
  payload: JsonObject;
}

function read(text: string): ParsedAlert | undefined {
  const reading = openBody(utf8(text)).read();
  if (!reading.ok) return undefined;
  const { form, payload } = reading.document;
  return isJsonObject(payload) ? { form, payload } : undefined;
}

const TEXT_LINTS: [pattern: RegExp, warning: string][] = [
  [/\b(NaN|na)\b/, "A value is NaN or na: it is read as empty"],
  [
    /[\u201c\u201d\u201e\u2018\u2019\u201a]/,
    "Typographic quotes: type straight ones",
  ],
  [/,\s*[}\]]/, "A comma before the closing brace"],
  [
    /:\s*-?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*[,}\]\r\n]/,
    "A number with a thousands separator: write 1234.5",
  ],
];

/** tradingview.com/support/solutions/43000531021 */
const PLACEHOLDERS =
  /^(?:ticker|exchange|close|open|high|low|volume|time|timenow|interval|syminfo\.(?:currency|basecurrency)|plot_\d+|plot\(.+\)|strategy\.(?:position_size|order\.(?:action|contracts|price|id|comment|alert_message)|(?:prev_)?market_position(?:_size)?))$/;

function placeholderWarnings(text: string): string[] {
  const names = [...text.matchAll(/{{([^{}\n]{0,200})}}/g)]
    .map(([, name = ""]) => name.trim());
  if (!names.length) return [];
  const unknown = names.some((name) => !PLACEHOLDERS.test(name));
  return [
    "A placeholder {{…}} was not replaced: TradingView replaces them in the alert dialog only",
    ...(names.some((name) => name.startsWith("strategy."))
      ? [
        "{{strategy.…}} is filled in alerts on a strategy only: for an indicator use {{ticker}}, {{close}} and a fixed action",
      ]
      : []),
    ...(names.some((name) => name.startsWith("plot"))
      ? [
        "{{plot…}} is filled in alerts on an indicator only: for a strategy use {{strategy.order.…}}",
      ]
      : []),
    ...(unknown
      ? [
        "TradingView has no placeholder of one of these names: check how it is spelled",
      ]
      : []),
  ];
}

/** The words of TradingView's default message for a price or an indicator: "XAUUSD Crossing 1900". */
const PRICE_ALERT =
  /\b(?:Crossing|Greater Than|Less Than|Entering Channel|Exiting Channel|Inside Channel|Outside Channel|Moving Up|Moving Down)\b/i;

function plainTextWarnings(text: string): string[] {
  if (/^\s*[{["]/.test(text) || text.trim() === "") return [];
  return [
    PRICE_ALERT.test(text)
      ? "TradingView's default message of a price alert, left as it is: it names no action; put the kit's message in its place"
      : "Plain text without fields: send JSON, one word such as BUY, or lines of KEY=VALUE",
  ];
}

const NUMBER_FIELDS = [...QUANTITY_FIELDS, ...PRICE_FIELDS, "volume"]
  .map((name) => name.toLowerCase());
const STRATEGY_FIELDS = [
  "market_position",
  "prev_market_position",
  "market_position_size",
  "action",
];

function fieldWarnings({ payload, form }: ParsedAlert): string[] {
  const fields = [...payload];
  const emptyOnes = fields.filter(([name, value]) =>
    STRATEGY_FIELDS.includes(name.toLowerCase()) && textOf(value) === ""
  );
  return [
    ...(form === "tradingview"
      ? [
        "TradingView's default strategy message, left as it is: it has no price and no time; the kit's message says more",
      ]
      : []),
    ...(emptyOnes.length > 1
      ? [
        "The fields of a strategy's position are empty: this message is for alerts on a strategy, and an indicator fills none of them",
      ]
      : []),
    ...fields.flatMap(([name, value]) =>
      NUMBER_FIELDS.includes(name.toLowerCase()) ? oddNumber(name, value) : []
    ),
  ];
}

function oddNumber(name: string, value: JsonValue): string[] {
  if (typeof value !== "string") return [];
  const text = value.trim();
  if (/^[-+]?\d{1,3}(?:[,'’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?$/.test(text)) {
    return [`${name} has a thousands separator: write 1234.5`];
  }
  if (/^[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/.test(text)) {
    return [`${name} has a decimal comma: write 1234.5`];
  }
  if (/^[-+]?(?:\d+(?:\.\d+)?|\.\d+)\s*%$/.test(text)) {
    return [`${name} is a share: it stays in payload and is no quantity`];
  }
  return /^(?:[-+]?\d[\d.,]*\s*[A-Za-z$€£]+|[$€£]\s*\d.*)$/.test(text) &&
      !/^[-+]?\d+(?:\.\d+)?[eE]\d+$/.test(text)
    ? [`${name} has a unit: send the number alone`]
    : [];
}

function signalWarnings(signal: Signal, dedupeSeconds: number): string[] {
  const { symbol, external_id, fired_at } = signal;
  return [
    ...(symbol === undefined
      ? [
        "No symbol: workers get none, and signals without one wait for each other",
      ]
      : []),
    ...(external_id === undefined && fired_at === undefined
      ? [
        `No id and no time: the same text within ${dedupeSeconds} s is a duplicate`,
      ]
      : []),
  ];
}

function notesOn({ payload, form }: ParsedAlert): string[] {
  if (form !== "json") return [];
  const quoted = [...payload].some(([name, value]) =>
    QUANTITY_FIELDS.includes(name.toLowerCase()) &&
    typeof value === "string" && /^\s*[-+]?\d+(?:\.\d+)?\s*$/.test(value)
  );
  return quoted
    ? [
      "The quantity is in quotes: it is read as the number that it shows, and the quotes keep a NaN from breaking the JSON",
    ]
    : [];
}
