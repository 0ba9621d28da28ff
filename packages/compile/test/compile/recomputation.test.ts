import { describe, expect, test } from '@jest/globals';
import {
  checkpoint,
  exp,
  grad,
  matmul,
  type Parameter,
  parameter,
  random,
  square,
  sum,
  type Tensor,
  tanh,
  valueAndGrad,
} from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { graphOf } from '../support.ts';
import { expectSame } from './support.ts';

const float64 = { dtype: 'float64' } as const;
const tolerance = 1e-12;
type Block = (x: Tensor) => Tensor;
type Wrap = (f: Block) => Block;
const asIs: Wrap = (f) => f;
const rows = 64;
const width = 16;
const bytes = rows * width * 8;
const batch = random.normal(random.key(1), [rows, width], float64);

/** A chain of blocks of three layers each, as a function of its input and its weights. */
function chain(blocks: number, wrap: Wrap) {
  const weights = Array.from({ length: 3 * blocks }, (_, k) =>
    parameter(random.normal(random.foldIn(random.key(2), k), [width, width], float64).mul(0.25)),
  );
  const run = (x: Tensor): Tensor => {
    let h = x;
    for (let k = 0; k < blocks; k++) {
      h = wrap((a) => {
        let inner = a;
        for (const w of weights.slice(3 * k, 3 * k + 3)) inner = tanh(matmul(inner, w));
        return inner;
      })(h);
    }
    return sum(square(h));
  };
  const step = (x: Tensor) =>
    valueAndGrad((_: readonly Parameter[]) => run(x), { createGraph: false })(weights);
  return { run, step };
}

const memoryOf = (blocks: number, wrap: Wrap): number => {
  const step = compile(chain(blocks, wrap).step);
  step(batch);
  return step.explain()[0]!.memoryBytes;
};

const count = (f: (x: Tensor) => unknown, name: string): number =>
  optimize(graphOf(f, batch)).equations.filter(({ primitive }) => primitive.name === name).length;

describe('a checkpoint in a compiled function', () => {
  test('computes again: nothing of it is kept', () => {
    const f = (wrap: Wrap) => (x: Tensor) =>
      valueAndGrad((a: Tensor) => sum(wrap((b) => exp(exp(b)))(a)))(x);
    expect([count(f(asIs), 'exp'), count(f(checkpoint), 'exp')]).toEqual([2, 4]);
    const steps = [asIs, checkpoint].map((wrap) => chain(4, wrap).step);
    expect(steps.map((step) => count(step, 'tanh'))).toEqual([12, 24]);
  });

  test('needs less memory, and gives what the plain one gives', () => {
    const [kept, again] = [memoryOf(8, asIs), memoryOf(8, checkpoint)];
    // Two layers of three are not kept, for 8 blocks; those of one are at a time.
    expect(kept - again).toBeGreaterThan(12 * bytes - 65536);
    for (const wrap of [asIs, checkpoint]) {
      const { step } = chain(2, wrap);
      expectSame(compile(step)(batch), step(batch), tolerance);
    }
  });

  test('is not begun early by a kernel that has computed its argument', () => {
    // The argument of each checkpoint is a map; so is what is computed of it, which could join that.
    const long =
      (wrap: Wrap) =>
      (x: Tensor): Tensor =>
        grad((a: Tensor) => {
          let h = a;
          for (let k = 0; k < 12; k++) {
            h = wrap((b) => tanh(tanh(tanh(b.mul(1.5)))))(h.add(k / 8));
            // A sum in between, so that blocks are kernels of their own.
            h = h.sub(sum(h, { axis: 0, keepdims: true }).mul(1 / rows));
          }
          return sum(square(h));
        })(x);
    const [kept, again] = [asIs, checkpoint].map((wrap) => {
      const step = compile(long(wrap));
      expectSame(step(batch), long(wrap)(batch), 1e-10);
      return step.explain()[0]!.memoryBytes;
    });
    expect(kept! - again!).toBeGreaterThan(0);
  });

  test('shares what is computed twice within one recomputation', () => {
    const f = (x: Tensor) =>
      valueAndGrad((a: Tensor) => sum(checkpoint((b: Tensor) => exp(b).mul(exp(b)))(a)))(x);
    expect(count(f, 'exp')).toBe(2);
    expectSame(compile(f)(batch), f(batch), tolerance);
  });

  test('within a checkpoint is computed again each time, in higher orders too', () => {
    const inner = checkpoint((b: Tensor) => exp(b.mul(0.5)));
    const outer = checkpoint((b: Tensor) => exp(inner(b).mul(0.5)));
    const both = (a: Tensor) => valueAndGrad((b: Tensor) => sum(outer(b)))(a);
    const slope = (a: Tensor): Tensor => grad((b: Tensor) => sum(outer(b)))(a);
    const curvature = (a: Tensor): Tensor => grad((b: Tensor) => sum(square(slope(b))))(a);
    for (const f of [slope, curvature]) expectSame(compile(f)(batch), f(batch), tolerance);
    // Both forward, both for the outer one's derivative, and the inner one for its own within that.
    expect(count(both, 'exp')).toBe(5);
    // What the first call computes is needed by nobody.
    expect(count(slope, 'exp')).toBe(3);
  });
});
