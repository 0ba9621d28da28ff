import * as Plot from '@observablehq/plot';
import { arange, astype, broadcastTo, random, reshape } from '@tikhonov/core';
import { maxPoolDropout, maxPoolDropoutProbabilities } from '@tikhonov/regularizers';
import { svg } from '../report/svg.ts';

/** What was counted of one rate: how often a cell of a window won, by its rank, 0 for none. */
interface Counted {
  readonly p: number;
  readonly counts?: readonly number[];
}

/** A rank beside its probability. */
export interface RankFrequency {
  readonly p: number;
  readonly side: number;
  readonly rank: number;
  readonly theory: number;
  readonly observed: number;
  /** Null where less than 25 are expected: there it says nothing. */
  readonly z: number | null;
}

/** Pools windows that hold 1, 2, ..., n and counts what comes out; 0 says that no cell was kept. */
export function countsOf(
  { seed, p }: { readonly seed: number; readonly p: number },
  side: number,
  windows: number,
): number[] {
  const n = side * side;
  const cells = broadcastTo(reshape(arange(1, n + 1), [side, side]), [windows, side, side]);
  const rng = random.foldIn(random.key(seed), `windows ${side} ${p}`);
  const winners = maxPoolDropout(astype(cells, 'float32'), {
    kernelSize: side,
    p,
    training: true,
    rng,
  });
  const counts = Array.from({ length: n + 1 }, () => 0);
  for (const winner of winners.data()) counts[Number(winner)]!++;
  return counts;
}

/** Counts of all seeds beside the probabilities. */
export function compared(p: number, side: number, outputs: readonly Counted[]): RankFrequency[] {
  const n = side * side;
  const theory = maxPoolDropoutProbabilities(n, { p }).toArray<number[]>();
  const runs = outputs.filter((run) => run.p === p && run.counts?.length === n + 1);
  return theory.map((share, rank) => {
    const counts = runs.map((run) => run.counts!.reduce((sum, count) => sum + count, 0));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const count = runs.reduce((sum, run) => sum + run.counts![rank]!, 0);
    const z = (count - total * share) / Math.sqrt(total * share * (1 - share));
    return {
      p,
      side,
      rank,
      theory: share,
      observed: count / total,
      z: total * share < 25 ? null : z,
    };
  });
}

/** Bars for what was counted, dots for the theory. */
export function frequencyFigure(cells: readonly RankFrequency[]): string {
  return svg({
    width: 760,
    height: 300,
    marginTop: 30,
    marginBottom: 44,
    fx: { label: null, tickFormat: (p: number) => `p = ${p}` },
    x: { label: 'rank', type: 'band' },
    y: { label: 'share', grid: true, tickFormat: '%' },
    marks: [
      Plot.barY(cells, { fx: 'p', x: 'rank', y: 'observed', fill: '#a9cbe8' }),
      Plot.dot(cells, { fx: 'p', x: 'rank', y: 'theory', r: 4, fill: '#d95f02' }),
    ],
  });
}
