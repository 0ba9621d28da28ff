import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import {
  add,
  linalg,
  matmul,
  mul,
  random,
  square,
  sub,
  type Tensor,
  tensor,
  unbind,
} from '@tikhonov/core';
import { adamw, cosine, muon, scaleByMuon, weightsOnly } from '../src/index.ts';
import { cellOf, float64, numbers } from './values.ts';

const draw = (seed: number, shape: readonly number[]): Tensor =>
  random.normal(random.key(seed), [...shape], { dtype: 'float64' });
const length = (x: number[]): number => Math.hypot(...x);

/** What the iteration does to every singular value alone; the vectors stay. */
function reference(g: Tensor): number[] {
  const { u, s, vh } = linalg.svd(g);
  const values = numbers(s);
  const iterated = values.map((value) => {
    let x = value / length(values);
    for (let k = 0; k < 5; k++) x = 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5;
    return x;
  });
  return numbers(matmul(mul(u, float64(iterated)), vh));
}

describe('muon', () => {
  test.each([
    [3, 5],
    [5, 3],
    [4, 4],
  ])('maps the singular values of a %i x %i momentum, and keeps its vectors', (rows, columns) => {
    const g = { w: draw(rows, [rows, columns]) };
    const step = scaleByMuon();
    const [first, state] = step.update(g, step.init(g), g);
    // The first momentum is parallel to the gradient, with the look ahead too.
    const scale = Math.sqrt(Math.max(1, rows / columns));
    const want = reference(g.w);
    for (const [i, x] of numbers(first.w!).entries()) {
      expect(Math.abs(x - scale * want[i]!)).toBeLessThan(1e-12);
    }
    const singular = numbers(linalg.svdvals(first.w!)).map((s) => s / scale);
    for (const s of singular) {
      expect(s).toBeGreaterThan(0.3);
      expect(s).toBeLessThan(1.25);
    }
    const h = { w: draw(9, [rows, columns]) };
    const [second] = step.update(h, state, g);
    const mu = 0.95 * 0.05;
    const ahead = (i: number): number =>
      0.95 * (mu * numbers(g.w)[i]! + 0.05 * numbers(h.w)[i]!) + 0.05 * numbers(h.w)[i]!;
    const momentum = tensor(
      numbers(h.w).map((_, i) => ahead(i)),
      { dtype: 'float64', shape: [rows, columns] },
    );
    for (const [i, want2] of reference(momentum).entries()) {
      expect(Math.abs(numbers(second.w!)[i]! - scale * want2)).toBeLessThan(1e-12);
    }
  });

  test('does not see the scale of the gradients', () => {
    const step = scaleByMuon();
    const moved = (factor: number): number[] => {
      const g = { w: mul(draw(1, [3, 4]), factor) };
      return numbers(step.update(g, step.init(g), g)[0].w!);
    };
    for (const [i, x] of moved(1).entries())
      expect(Math.abs(moved(1e4)[i]! - x)).toBeLessThan(1e-12);
  });

  test('kernels are matrices of their output units, vectors are stepped by AdamW', () => {
    const kernel = draw(2, [3, 2, 2]);
    const flat = kernel.reshape([3, 4]);
    const step = scaleByMuon({ adjustLr: 'matchRmsAdamw' });
    const asKernel = step.update({ w: kernel }, step.init({ w: kernel }), { w: kernel })[0].w!;
    const asMatrix = step.update({ w: flat }, step.init({ w: flat }), { w: flat })[0].w!;
    expect(numbers(asKernel)).toEqual(numbers(asMatrix));
    expect(asKernel.shape).toEqual([3, 2, 2]);

    const [bias, other] = [cellOf([1, 2]), cellOf([1, 2])];
    const both = { bias, w: cellOf([[1, 2]]) };
    muon(both, { lr: 0.1 }).apply({ bias: float64([1, -3]), w: float64([[0, 0]]) });
    adamw({ other }, { lr: 0.1 }).apply({ other: float64([1, -3]) });
    expect(numbers(bias)).toEqual(numbers(other));
    // No gradient, no direction: what moves is the decay.
    expect(numbers(both.w)).toEqual([1 - 0.1 * 0.1, 2 - 0.1 * 0.2]);
  });

  test('weightDecay and decay reach the parameters that AdamW steps; others go before', () => {
    const after = (options: Parameters<typeof muon>[1]): number[] => {
      const both = { bias: cellOf([1, 2]), w: cellOf([[1, 2]]) };
      muon(both, { lr: 0.1, ...options }).apply({ bias: float64([0, 0]), w: float64([[0, 0]]) });
      return numbers(both.bias);
    };
    expect(after({})).toEqual([1 - 0.1 * 0.01, 2 - 0.1 * 0.02]);
    expect(after({ weightDecay: 0 })).toEqual([1, 2]);
    expect(after({ decay: weightsOnly })).toEqual([1, 2]);
    expect(after({ weightDecay: 0, others: { weightDecay: 0.01 } })).toEqual(after({}));
  });

  test('a compiled step is the eager one, over 50 steps from one seed', () => {
    // Given gradients: at a minimum, where they are only rounding, their signs would decide.
    const [eager, compiled] = [cellOf([[1, 2, 3]]), cellOf([[1, 2, 3]])];
    const [first, second] = [eager, compiled].map((w) => muon({ w }, { lr: 0.1 }));
    const step = compile((g: Tensor) => second!.apply({ w: g }));
    for (let k = 0; k < 50; k++) {
      first!.apply({ w: draw(50 + k, [1, 3]) });
      step(draw(50 + k, [1, 3]));
    }
    for (const [i, x] of numbers(eager).entries()) {
      expect(Math.abs(numbers(compiled)[i]! - x)).toBeLessThan(1e-11);
    }
  });

  test('finds a matrix to 1e-2 in 200 steps', () => {
    const target = draw(3, [3, 4]);
    const w = cellOf(Array.from({ length: 3 }, () => [0, 0, 0, 0]));
    const optimizer = muon({ w }, { lr: cosine(0.2, { tMax: 200 }), weightDecay: 0 });
    for (let k = 0; k < 200; k++) optimizer.minimize(() => sub(w, target).pow(2).sum());
    expect(length(numbers(sub(w, target)))).toBeLessThan(1e-2);
  });

  test('cuts the value of Rosenbrock by 99 % in 3,000 steps', () => {
    const w = cellOf([[-1.2, 1]]);
    const optimizer = muon({ w }, { lr: cosine(0.05, { tMax: 3000 }), weightDecay: 0 });
    const rosenbrock = (): Tensor => {
      const [x, y] = unbind(w.read().reshape([2]));
      return add(square(sub(1, x!)), mul(square(sub(y!, square(x!))), 100));
    };
    const step = compile(() => optimizer.minimize(rosenbrock));
    for (let k = 0; k < 3000; k++) step();
    expect(rosenbrock().item()).toBeLessThan(0.242);
  });

  test('options out of range are named', () => {
    const w = { w: cellOf([[1]]) };
    expect(() => muon(w, { momentum: 1 })).toThrow('muon: momentum must be in [0, 1), got 1.');
    expect(() => muon(w, { nsSteps: 0 })).toThrow('muon: nsSteps must be an integer > 0, got 0.');
    expect(() => muon(w, { adjustLr: 'rms' as never })).toThrow(
      "muon: adjustLr must be 'original' or 'matchRmsAdamw', got 'rms'.",
    );
  });
});
