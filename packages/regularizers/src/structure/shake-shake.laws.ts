import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  expandDims,
  grad,
  indexSelect,
  mean,
  mul,
  ones,
  random,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Residual } from '@tikhonov/nn';
import { decisionLaws } from '../laws/decisions.ts';
import { real } from '../laws/draws.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { partsOf, residualNetwork } from '../laws/residual-network.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { ShakeShake, shakeShakeMethod } from './shake-shake.ts';
import { type ShakeShakeOptions, shakeShake } from './shake-shake-function.ts';

const problem = (draw: CaseDraw) => {
  const n = draw.integer(1, 4);
  const level = draw.pick(['image', 'batch'] as const);
  const weights = (): Tensor => draw.tensor(level === 'image' ? [n] : [], { min: 0, max: 1 });
  return {
    f1: draw.tensor([n, 3]),
    f2: draw.tensor([n, 3]),
    slope: draw.tensor([n, 3]),
    alpha: weights(),
    beta: weights(),
    level,
  };
};

const across = (weights: Tensor): Tensor => (weights.rank === 0 ? weights : expandDims(weights, 1));

/** `a F1 + (1 - a) F2`. */
const mixture = (a: Tensor, f1: Tensor, f2: Tensor): Tensor =>
  add(mul(f1, across(a)), mul(f2, across(sub(1, a))));

/** The weights of the first branch in value and gradient, as branches of ones and zeros show them. */
function drawnWeights(n: number, options: ShakeShakeOptions): readonly [Tensor, Tensor] {
  const [one, none] = [ones([n], { dtype: 'float64' }), zeros([n], { dtype: 'float64' })];
  const apply = (f1: Tensor): Tensor => shakeShake(f1, none, { training: true, ...options });
  return [apply(one), grad((f1: Tensor) => sum(apply(f1)))(one)];
}

/** What Shake-Shake promises. */
export const shakeShakeLaws: readonly Law[] = [
  law({
    id: 'shake-shake/value-and-gradient',
    statement:
      'The value is a F1 + (1 - a) F2; the gradients are b dy and (1 - b) dy, with weights of their own for each sample, or for the batch.',
    cases: drawn(problem),
    slack: ({ f1, f2, slope, alpha, beta, level }) => {
      const options = { training: true, alpha, beta, level };
      const value = (a: Tensor, b: Tensor): Tensor => shakeShake(a, b, options);
      const [g1, g2] = [
        grad((a: Tensor) => sum(mul(value(a, f2), slope)))(f1),
        grad((b: Tensor) => sum(mul(value(f1, b), slope)))(f2),
      ];
      return Math.min(
        near(value(f1, f2), mixture(alpha, f1, f2), 1e-14),
        near(g1, mul(slope, across(beta)), 1e-14),
        near(g2, mul(slope, across(sub(1, beta))), 1e-14),
      );
    },
  }),
  law({
    id: 'shake-shake/variants',
    statement:
      "Even weights are 1/2, in the value or the gradient; with 'keep' the gradient has the weights of the value, and is its derivative.",
    cases: drawn(problem),
    slack: ({ f1, f2, slope, alpha, beta, level }) => {
      const of = (options: ShakeShakeOptions): readonly [Tensor, Tensor] => {
        const given = { training: true, level, alpha, beta, ...options };
        const apply = (a: Tensor): Tensor => shakeShake(a, f2, given);
        return [apply(f1), grad((a: Tensor) => sum(mul(apply(a), slope)))(f1)];
      };
      const half = f1.add(f2).mul(0.5);
      const [shaken, even] = [mixture(alpha, f1, f2), slope.mul(0.5)];
      const pair = (options: ShakeShakeOptions, value: Tensor, gradient: Tensor): number => {
        const [y, g] = of(options);
        return Math.min(near(y, value, 1e-14), near(g, gradient, 1e-14));
      };
      return Math.min(
        pair({ forward: 'even' }, half, mul(slope, across(beta))),
        pair({ backward: 'even' }, shaken, even),
        pair({ backward: 'keep' }, shaken, mul(slope, across(alpha))),
        pair({ forward: 'even', backward: 'keep' }, half, even),
        pair({ forward: 'even', backward: 'even' }, half, even),
      );
    },
  }),
  law({
    id: 'shake-shake/second-order',
    statement:
      'A second derivative is that of the mixture in the gradient: of y^2 it is 2 b^2 in F1, since dy is 2 y.',
    cases: drawn(problem),
    slack: ({ f1, f2, alpha, beta, level }) => {
      const options = { training: true, alpha, beta, level };
      const square = (a: Tensor): Tensor => {
        const y = shakeShake(a, f2, options);
        return sum(mul(y, y));
      };
      const second = grad((a: Tensor) => sum(grad(square)(a)))(f1);
      return near(second, across(mul(beta, beta)).mul(2).add(f1.mul(0)), 1e-13);
    },
  }),
  law({
    id: 'shake-shake/evaluation',
    statement:
      'Evaluation is the mean of the branches, what training gives on average, draws nothing and has weights 1/2 in the gradient.',
    cases: drawn(problem),
    slack: ({ f1, f2, slope }) => {
      const y = shakeShake(f1, f2);
      const slopeOf = grad((a: Tensor) => sum(mul(shakeShake(a, f2), slope)))(f1);
      // Of the extremes of the weights the mean is exact: the value is linear in them.
      const at = (a: number): Tensor => {
        const alpha = tensor(a, { dtype: 'float64' });
        return shakeShake(f1, f2, { training: true, level: 'batch', alpha, beta: alpha });
      };
      return Math.min(
        near(y, at(0).add(at(1)).mul(0.5), 1e-14),
        near(slopeOf, slope.mul(0.5), 1e-15),
        exactly(shakeShake(f1, f2, { rng: random.key(0) }), y),
      );
    },
  }),
  law({
    id: 'shake-shake/uniform',
    statement:
      'Weights are uniform on [0, 1): mean 1/2 and mean square 1/3 within 7.2 standard deviations, in value and gradient, which are uncorrelated.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const n = 2000;
      const [a, b] = drawnWeights(n, { rng: random.key(seed) });
      const score = (x: Tensor, want: number, variance: number): number =>
        1 - Math.abs((mean(x).item() - want) / Math.sqrt(variance / n)) / 7.2;
      const covariance = mul(a.sub(0.5), b.sub(0.5));
      return Math.min(
        ...[a, b].flatMap((x) => [score(x, 1 / 2, 1 / 12), score(mul(x, x), 1 / 3, 4 / 45)]),
        score(covariance, 0, 1 / 144),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'shake-shake/batch-level',
    statement:
      'At the level of the batch all samples have the same weights, at that of images others.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const rng = random.key(seed);
      const distinct = (x: Tensor): number => new Set(x.data()).size;
      const counts = (['batch', 'image'] as const).flatMap((level) =>
        drawnWeights(20, { rng, level }).map(distinct),
      );
      return exactly(counts, [1, 1, 20, 20]);
    },
    effort: 0.3,
  }),
  constantNoiseLaw('shake-shake', (draw) => {
    const [f1, f2] = [draw.tensor([3], { avoid: [0] }), draw.tensor([3], { avoid: [0] })];
    return {
      noise: draw.tensor([3], { min: 0.1, max: 0.9 }),
      apply: (alpha) => shakeShake(f1, f2, { training: true, alpha, backward: 'keep' }),
    };
  }),
  ...decisionLaws(
    'shake-shake',
    (n, rng, dtype) =>
      shakeShake(ones([n], { dtype }), zeros([n], { dtype }), { training: true, rng }),
    // Weights are drawn in float64 and rounded once.
    { tolerance: 2 ** -24 },
  ),
  law({
    id: 'shake-shake/batch-order',
    statement: 'With given weights, samples in another order give the results in that order.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        f1: draw.tensor([n, 2]),
        f2: draw.tensor([n, 2]),
        alpha: draw.tensor([n], { min: 0, max: 1 }),
        order: draw.permutation(n),
      };
    }),
    slack: ({ f1, f2, alpha, order }) => {
      const index = tensor(Int32Array.from(order));
      const moved = (x: Tensor): Tensor => indexSelect(x, index);
      const apply = (a: Tensor, b: Tensor, weights: Tensor): Tensor =>
        shakeShake(a, b, { training: true, alpha: weights, beta: weights });
      return exactly(apply(moved(f1), moved(f2), moved(alpha)), moved(apply(f1, f2, alpha)));
    },
  }),
  law({
    id: 'shake-shake/layer',
    statement:
      'The layer mixes what its branches give with its settings, with other weights than those of a layer with another key, drawn in float64, and shakes both ways for each image by default.',
    cases: drawn((draw) => ({
      x: draw.tensor([8, 2], { avoid: [0] }),
      c: real(draw, 2, 3),
      seed: draw.integer(0, 1000),
      settings: {
        forward: draw.pick(['shake', 'even'] as const),
        backward: draw.pick(['shake', 'even', 'keep'] as const),
        level: draw.pick(['image', 'batch'] as const),
      },
    })),
    slack: ({ x, c, seed, settings }) => {
      const own = new ShakeShake(square, (y) => y.mul(c), settings);
      const rng = random.foldIn(random.key(seed), 'weights');
      const [got, want] = [
        (y: Tensor) => own.forward(y, { training: true, rng: random.key(seed) }),
        (y: Tensor) => shakeShake(square(y), y.mul(c), { ...settings, training: true, rng }),
      ];
      const slope = (f: (y: Tensor) => Tensor): Tensor => grad((y: Tensor) => sum(f(y)))(x);
      const uniform = random.uniform(random.foldIn(rng, 'alpha'), [8], { dtype: 'float64' });
      const one = ones([8], { dtype: 'float64' });
      const layer = new ShakeShake(
        (y) => y,
        (y) => y.mul(c),
      );
      const at = (k: number): Tensor =>
        layer.forward(x, { training: true, rng: random.key(seed + k) });
      // y = (a + (1 - a) c) x.
      const weights = at(0)
        .div(x)
        .sub(c)
        .div(1 - c);
      const apart = Array.from(at(0).data()).some((y, i) => y !== at(1).data()[i]);
      return Math.min(
        holds(Array.from(weights.data()).every((a) => a > -1e-9 && a < 1 + 1e-9)),
        near(layer.forward(x), x.mul((1 + c) / 2), 1e-14),
        exactly(got(x), want(x)),
        exactly(slope(got), slope(want)),
        exactly(
          shakeShake(one, zeros([8], { dtype: 'float64' }), { training: true, rng }),
          uniform,
        ),
        holds(apart),
        holds(layer.describe() === 'ShakeShake(shake-shake-image)'),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'shake-shake/recipe',
    statement:
      'The recipe gives every block a second branch of the same structure and other weights; projections stay as they are.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 100) })),
    slack: ({ seed }) => {
      const model = residualNetwork(shakeShakeMethod, {}, seed);
      const [parts, plain] = [partsOf(model, ShakeShake), residualNetwork(null, {}, seed)];
      const blocks = partsOf(plain, Residual).map(([, block]) => block);
      const values = (part: unknown): string =>
        JSON.stringify((part as Residual).parameterValues());
      const sizes = (part: unknown): string =>
        String((part as Residual).parameters().map(({ shape }) => shape));
      return holds(
        parts.length === 3 &&
          parts.every(([name, { branch1, branch2 }], i) => {
            const { body } = blocks[i]!;
            return (
              name.endsWith('.body') &&
              values(branch1) === values(body) &&
              sizes(branch2) === sizes(body) &&
              values(branch2) !== values(body)
            );
          }) &&
          new Set(parts.map(([, { branch2 }]) => values(branch2))).size === 3 &&
          partsOf(model, Residual).every(
            ([, { projection }], i) => (projection === null) === (blocks[i]!.projection === null),
          ),
      );
    },
    effort: 0.1,
  }),
];
