import { beforeAll, describe, expect, test } from '@jest/globals';
import { astype, mul, type Tensor } from '@tikhonov/core';
import * as random from '@tikhonov/core/random';
import type * as nn from '@tikhonov/nn';
import { bytesOf, type Case, groups } from './cases.ts';
import { type Outcome, runModels } from './run-models.ts';

const batches = [1, 5];
const opsets = [17, 21];
const cases = Object.values(groups).flat();
const outcomes = new Map<Case, readonly Outcome[]>();
const inputsOf = ({ shape, below, options }: Case): readonly Tensor[] =>
  batches.map((batch) => {
    const sizes = shape.map((size) =>
      size === 'batch' ? batch : typeof size === 'number' ? size : 6,
    );
    const key = random.key(7 + batch);
    if (below !== undefined) return random.randint(key, sizes, 0, below);
    return mul(random.normal(key, sizes, { dtype: options?.dtype ?? 'float32' }), 2);
  });
/** A failure to write belongs to its own test. */
function attempt(c: Case, opset: number): { bytes?: Uint8Array; error?: string } {
  try {
    return { bytes: bytesOf(c, opset) };
  } catch (error) {
    return { error: String(error) };
  }
}

beforeAll(async () => {
  const written = cases.flatMap((c) => opsets.map((opset) => ({ c, ...attempt(c, opset) })));
  const jobs = written.flatMap(({ c, bytes }) => (bytes ? [{ bytes, inputs: inputsOf(c) }] : []));
  const results = [...(await runModels(jobs))];
  for (const { c, error } of written) {
    const outcome =
      error === undefined ? results.shift()! : { error, names: [[], []], outputs: [] };
    outcomes.set(c, [...(outcomes.get(c) ?? []), outcome as Outcome]);
  }
});

describe('the runtime gets what the model gives in evaluation', () => {
  for (const [group, list] of Object.entries(groups)) {
    describe(group, () => {
      test.each(list.map((c) => [c.name, c] as const))('%s', (_name, c) => {
        const context: nn.MultiheadContext = c.options?.isCausal === true ? { isCausal: true } : {};
        for (const { error, outputs } of outcomes.get(c)!) {
          expect(error).toBeUndefined();
          for (const [i, x] of inputsOf(c).entries()) {
            const given = c.dtype === undefined ? x : astype(x, c.dtype);
            const want = c.model.forward(given, context);
            expect(outputs[i]!.shape).toEqual(want.shape);
            expect(distance(outputs[i]!, want)).toBeLessThan(
              c.options?.dtype === 'float64' ? 1e-14 : 1e-5,
            );
          }
        }
      });
    });
  }
});

/** The largest difference, relative to the largest value: sums of a few dozen float32 products. */
function distance(got: Tensor, want: Tensor): number {
  const [a, b] = [got.data(), want.data()];
  const scale = Math.max(1, ...b.map(Math.abs));
  return Math.max(...b.map((value, i) => Math.abs(a[i]! - value) / scale));
}
