/** Ten thousand bodies made to stop whoever reads them, the same ones each time. */

const KIB_64 = 65_536;

const UNITS = [
  ..." \t\n,;:=.-+%\"'/\\{}[]<>@|&0129aeE_",
  "\u0000",
  "\u201c",
  "\u00e9",
  "\ud83d\udd11",
  "{{",
  "}}",
  "a=b ",
  "a=b\n",
  ",a=1",
  '"",',
  '"a":1,',
  '"a":"b",',
  '"password":"x",',
  "1.",
  "1,234",
  "1e5",
  "NaN,",
  "%25",
  "\\\\",
  "\\n",
  "\\u0061",
  "\\ud800",
  "whsec_",
  "secret=x, ",
  '{"a":',
  "[[]],",
  "x: order buy @ 1 filled on ",
  "BUY ",
  "buy&a=",
];

/** Where the units stand: `%` is their place. */
const PLACES = [
  "%",
  "{%}",
  '{"signal":"BUY","x":"%"}',
  '{"signal":"BUY","x":%}',
  '{"signal":"BUY","x":[%1]}',
  '{"signal":"BUY",%"z":1}',
  '{"signal":"%"}',
  '{"signal":"BUY","quantity":"%"}',
  '{"signal":"BUY","price":%}',
  '{"signal":"BUY","position":"%","market_position":"%"}',
  '{"signal":"BUY","time":"%","confidence":"%%"}',
  '{"signal":"BUY","symbol":"%","id":"%"}',
  '{"strategy":"%","signal":"BUY"}',
  '{"signal":"BUY","%":1}',
  '{"signal":"BUY","x":NaN,"y":"%"}',
  "signal=BUY\nx=%",
  "signal=BUY x=%",
  "%=BUY",
  "6012,buy,EURUSD,x=%",
  "6012,%,EURUSD",
  "x: order buy @ %",
  "%: order buy @ 1 filled on X. New strategy position is 1",
];

/** What stands behind the whole. */
const ENDS = ["", "!", "\n", "\n=", "0", "}", '"}', ",", "\u0000"];

/** Yields the bodies, at most 64 KiB each. */
export function* hostileBodies(): Generator<string> {
  for (const place of PLACES) {
    const parts = place.split("%");
    for (const unit of UNITS) {
      const size = new TextEncoder().encode(unit).length;
      const room = (KIB_64 - place.length - 4) / (parts.length - 1);
      const filled = unit.repeat(Math.floor(room / size));
      for (const end of ENDS) yield parts.join(filled) + end;
    }
  }
}
