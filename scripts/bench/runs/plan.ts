/** Plans: how long and how often each measure runs. */

export interface Plan {
  name: "full" | "quick" | "tiny";
  /** Numbers of connections of the closed loop. */
  connections: number[];
  /** Runs of each contender and number of connections: so many pairs. */
  rounds: number;
  warmMs: number;
  windowMs: number;
  openRounds: number;
  openMs: number;
  /** Signals and requests that are there before, where history is measured. */
  history: number;
  coldStarts: number;
  /** Requests after which memory is measured, and the longest that they may take. */
  endurance: number;
  enduranceMs: number;
  /** Connections that send wrong tokens. */
  floods: number[];
  floodMs: number;
  /** Alerts in one second, and how often. */
  burst: number;
  bursts: number;
  /** Alerts of a pass of the ceiling, and passes. */
  ceiling: number;
  passes: number;
  /** CPU time after which an isolate ends. */
  isolateCpuMs: number;
  isolates: number;
}

/** The plan behind the documents. */
export const FULL: Plan = {
  name: "full",
  connections: [1, 8, 32, 128],
  rounds: 5,
  warmMs: 700,
  windowMs: 3000,
  openRounds: 3,
  openMs: 6000,
  history: 1_000_000,
  coldStarts: 30,
  endurance: 100_000,
  enduranceMs: 120_000,
  floods: [32, 512],
  floodMs: 5000,
  burst: 1000,
  bursts: 3,
  ceiling: 4000,
  passes: 3,
  isolateCpuMs: 2000,
  isolates: 3,
};

/** Shows at a glance whether something has become slow. */
export const QUICK: Plan = {
  ...FULL,
  name: "quick",
  rounds: 2,
  warmMs: 500,
  windowMs: 1000,
  openRounds: 1,
  openMs: 2000,
  history: 100_000,
  coldStarts: 4,
  endurance: 10_000,
  enduranceMs: 15_000,
  floodMs: 2000,
  bursts: 1,
  ceiling: 1000,
  passes: 2,
  isolates: 1,
};

/** Does each step once, for the test that keeps the benchmark from rotting. */
export const TINY: Plan = {
  ...QUICK,
  name: "tiny",
  connections: [1, 32],
  rounds: 1,
  warmMs: 100,
  windowMs: 300,
  openMs: 300,
  history: 2000,
  coldStarts: 1,
  endurance: 100,
  enduranceMs: 5000,
  floods: [32],
  floodMs: 500,
  burst: 100,
  ceiling: 40,
  passes: 1,
  isolateCpuMs: 50,
};
