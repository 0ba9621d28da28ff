import type { RunResult } from '../compare/run-one.ts';
import { spread } from '../compare/statistics.ts';

/** The test loss of a method's runs at the end of an epoch. */
export interface CurveRow {
  readonly method: string;
  readonly epoch: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean test loss over the seeds at each evaluated epoch, with the range of the seeds. A run that stopped
 * keeps its last loss: means over those still running would follow other seeds at every stop.
 */
export function meanCurve(runs: readonly RunResult[], method: string): CurveRow[] {
  const own = runs.filter((run) => run.method === method);
  if (own.length === 0) return [];
  // Of all methods, so that one whose every run stopped is drawn to the end.
  const epochs = [...new Set(runs.flatMap((run) => run.curve.map(({ epoch }) => epoch)))];
  return epochs
    .sort((a, b) => a - b)
    .map((epoch) => {
      const values = own.map((run) => {
        return run.curve.find((point) => point.epoch === epoch)?.test.nll ?? run.test.nll;
      });
      const mean = spread(values).mean;
      return { method, epoch, mean, low: Math.min(...values), high: Math.max(...values) };
    });
}
