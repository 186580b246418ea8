/**
 * Requests to paste into a terminal: a BUY. On the universal endpoint the alert has to name its strategy.
 *
 * @module
 */

/** Returns a command for a shell such as bash or zsh. */
export function shellCurl(url: string, strategy: string | undefined): string {
  const named = strategy === undefined ? "" : `"strategy": "${strategy}", `;
  const alert =
    `{${named}"signal": "BUY", "symbol": "XAUUSD", "confidence": 0.82}`;
  return `curl -X POST '${url}' -H 'content-type: application/json' -d '${alert}'`;
}

/**
 * Returns a command for Windows. cmd and the versions of PowerShell agree on double quotes only as long as none
 * stands within them, so the alert is one of `key=value` fields; PowerShell's `curl` is another program.
 */
export function windowsCurl(url: string, strategy: string | undefined): string {
  const named = strategy === undefined ? "" : `strategy=${strategy} `;
  const alert = `${named}signal=BUY symbol=XAUUSD confidence=0.82`;
  return `curl.exe -X POST "${url}" -H "content-type: text/plain" -d "${alert}"`;
}
