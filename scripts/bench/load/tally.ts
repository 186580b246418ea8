/** Counts answers and keeps their latencies. */

export interface Latency {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** The result of a job. */
export interface LoadResult {
  /** Length of the window in which answers were measured. */
  seconds: number;
  /** Answers in the window, by outcome. */
  window: Record<string, number>;
  /** All answers, also those before and after the window, by outcome. */
  all: Record<string, number>;
  /** Requests without an answer: the connection broke, or it took too long. */
  unanswered: number;
  /** Latencies of the answers in the window, in milliseconds. */
  latency: Latency;
  /** The same by outcome. */
  latencyBy: Record<string, Latency>;
  /** Answers in each second of the window. */
  perSecond: number[];
  /** Lateness of the generator itself, in milliseconds; open loop only. */
  lateness?: Latency;
}

export class Tally {
  readonly #window = new Map<string, number>();
  readonly #all = new Map<string, number>();
  readonly #perSecond: number[] = [];
  readonly latencies = new Samples();
  readonly #latenciesBy = new Map<string, Samples>();
  readonly #from: number;
  #until: number;
  unanswered = 0;

  /** Measures the answers that come from one time until another (`performance.now()`). */
  constructor(from: number, until: number) {
    this.#from = from;
    this.#until = until;
  }

  /** Counts an answer that has just come to a request that was due at `since`. */
  add(outcome: string, since: number): void {
    const now = performance.now();
    increment(this.#all, outcome);
    if (now < this.#from || now >= this.#until) return;
    increment(this.#window, outcome);
    this.latencies.push(now - since);
    const same = this.#latenciesBy.get(outcome) ?? new Samples();
    this.#latenciesBy.set(outcome, same);
    same.push(now - since);
    const second = Math.floor((now - this.#from) / 1000);
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + 1;
  }

  /** Returns the result; the window ends now if it has not ended before. */
  finish(): LoadResult {
    this.#until = Math.min(this.#until, performance.now());
    return {
      seconds: (this.#until - this.#from) / 1000,
      window: Object.fromEntries(this.#window),
      all: Object.fromEntries(this.#all),
      unanswered: this.unanswered,
      latency: this.latencies.summarize(),
      latencyBy: Object.fromEntries(
        [...this.#latenciesBy].map(([outcome, samples]) => [
          outcome,
          samples.summarize(),
        ]),
      ),
      perSecond: Array.from(this.#perSecond, (count) => count ?? 0),
    };
  }
}

/** Numbers, any number of them, without an object for each. */
export class Samples {
  #values = new Float64Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Returns exact percentiles; zeros if there are no samples. */
  summarize(): Latency {
    const sorted = this.#values.slice(0, this.#length).sort();
    // Nearest rank: the smallest value that this share of all does not exceed.
    const at = (share: number) =>
      sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
