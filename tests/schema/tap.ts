/** Reads the Test Anything Protocol, as pgTAP writes it. */

export interface Assertion {
  ok: boolean;
  name: string;
  /** The `#` lines below it, that say what was wrong. */
  diagnosis: string;
}

export interface TapReport {
  planned: number | undefined;
  assertions: Assertion[];
}

/** Lines that are no TAP (what other queries answered) are passed over. */
export function parseTap(lines: string[]): TapReport {
  const report: TapReport = { planned: undefined, assertions: [] };
  for (const line of lines) {
    const plan = /^1\.\.(\d+)/.exec(line);
    const result = /^(not )?ok \d+(?: - (.*))?$/.exec(line);
    const last = report.assertions.at(-1);
    if (plan) report.planned = Number(plan[1]);
    else if (result) {
      const [, not, description = "(unnamed)"] = result;
      // Expected to fail for now, as the protocol has it.
      const isTodo = /#\s*(todo|skip)\b/i.test(description);
      const ok = not === undefined || isTodo;
      report.assertions.push({ ok, name: description, diagnosis: "" });
    } else if (line.startsWith("#") && last) last.diagnosis += `${line}\n`;
  }
  return report;
}
