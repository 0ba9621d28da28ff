import { drawn, type Law, law } from '@tikhonov/check';
import { type DType, ones, random, type Tensor } from '@tikhonov/core';
import { exactly, holds, near } from './slack.ts';

/** Ones for `n` places or one more, in rows of two: what rows or columns share is seen in neighbours. */
export const pairs = (n: number, dtype: DType): Tensor => ones([Math.ceil(n / 2), 2], { dtype });

/** What a method draws for at least `n` places that do not matter otherwise: bits, or noise. */
export type Decisions = (n: number, rng: Tensor, dtype: DType) => Tensor;

/** How a method's draws are looked at. */
export interface DecisionOptions {
  /** By how much they may differ between precisions; 0 for bits. @defaultValue 0 */
  readonly tolerance?: number;
}

/** `r sqrt(n)` for the correlation `r` of two series: normal with deviation 1 if they are independent. */
function correlationScore(a: ArrayLike<number>, b: ArrayLike<number>, n: number): number {
  let [ma, mb] = [0, 0];
  for (let i = 0; i < n; i++) {
    ma += a[i]! / n;
    mb += b[i]! / n;
  }
  let [saa, sbb, sab] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [da, db] = [a[i]! - ma, b[i]! - mb];
    saa += da * da;
    sbb += db * db;
    sab += da * db;
  }
  return (sab / Math.sqrt(saa * sbb)) * Math.sqrt(n);
}

/**
 * What every method that draws promises: the same draws for the same key and in both precisions, others for
 * another key, and no dependence between neighbours or between keys.
 */
export function decisionLaws(
  id: string,
  decisions: Decisions,
  { tolerance = 0 }: DecisionOptions = {},
): readonly Law[] {
  return [
    law({
      id: `${id}/keys`,
      statement:
        'The same key gives the same draws, in float32 as in float64; keys folded with different numbers give others.',
      cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), step: draw.integer(0, 1000) })),
      slack: ({ seed, step }) => {
        const at = (k: number, dtype: DType = 'float64'): Tensor =>
          decisions(128, random.foldIn(random.key(seed), k), dtype).astype('float64');
        const [one, next] = [at(step).data(), at(step + 1).data()];
        const single = at(step, 'float32');
        return Math.min(
          exactly(at(step), one),
          tolerance === 0 ? exactly(single, one) : near(single, one, tolerance),
          // Bits of 128 places are alike with probability below 2^-40 for p in [0.2, 0.8].
          holds(one.some((x, i) => x !== next[i])),
        );
      },
      effort: 0.5,
    }),
    law({
      id: `${id}/independent-draws`,
      statement:
        'Draws of neighbouring places, and of the same place with another key, are uncorrelated: |r| sqrt(n) stays below 7.2.',
      cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
      slack: ({ seed }) => {
        const n = 2000;
        const key = random.key(seed);
        const a = decisions(n + 1, random.foldIn(key, 0), 'float64').data();
        const b = decisions(n + 1, random.foldIn(key, 1), 'float64').data();
        const scores = [
          correlationScore(a, a.slice(1), n),
          correlationScore(a, a.slice(7), n - 6),
          correlationScore(a, b, n),
        ];
        // 2 m Phi(-7.2) < 1e-9 for m = 1000 draws: a failure means dependence, not bad luck.
        return Math.min(...scores.map((z) => 1 - Math.abs(z) / 7.2));
      },
      effort: 0.5,
    }),
  ];
}
