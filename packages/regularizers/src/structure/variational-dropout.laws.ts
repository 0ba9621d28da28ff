import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  exp,
  grad,
  greater,
  mul,
  ones,
  permute,
  random,
  sqrt,
  square,
  stack,
  sum,
  type Tensor,
  tensor,
  unbind,
  where,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Conv2d, Linear, linear, Sequential } from '@tikhonov/nn';
import { activationStep } from '../laws/activation-step.ts';
import { decisionLaws } from '../laws/decisions.ts';
import { real } from '../laws/draws.ts';
import { constantNoiseLaw } from '../laws/rates.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { dropConnectMoments } from './dropconnect-functions.ts';
import { variationalDropout, variationalKl } from './variational-dropout-functions.ts';
import { variationalLayerLaws } from './variational-dropout-layers.laws.ts';
import {
  VariationalConv2d,
  VariationalLinear,
  variationalDropoutTerm,
  variationalSparsity,
} from './variational-dropout-layers.ts';

const training = true;
const float = { dtype: 'float64' } as const;

/** Rows, weights and their relative variances. */
function layerOf(draw: CaseDraw) {
  const [n, into, out] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
  return {
    x: draw.tensor([n, into]),
    weight: draw.tensor([out, into], { avoid: [0] }),
    bias: draw.tensor([out]),
    logAlpha: draw.tensor([out, into], { min: -4, max: 2 }),
  };
}

/**
 * The divergence exactly: with `z ~ N(1, alpha)`, `log z^2` has the mean of a noncentral chi-square variable, a
 * Poisson mixture of digamma values, which are sums over odd numbers.
 */
function exactKl(logAlpha: number): number {
  const rate = 0.5 * Math.exp(-logAlpha);
  let [weight, odd, total] = [Math.exp(-rate), 0, 0];
  for (let j = 1; j < 400; j++) {
    weight *= rate / j;
    odd += 1 / (2 * j - 1);
    total += weight * odd;
  }
  return total;
}

/** What variational dropout promises. */
export const variationalDropoutLaws: readonly Law[] = [
  law({
    id: 'variational-dropout/local-reparametrization',
    statement:
      'Outputs have the mean x W^T + b and the variance x^2 (alpha W^2)^T that weights of variance alpha W^2 give; noise e enters as mean + deviation e.',
    cases: drawn((draw) => {
      const layer = layerOf(draw);
      return { ...layer, normal: draw.tensor([layer.x.shape[0]!, layer.weight.shape[0]!]) };
    }),
    slack: ({ x, weight, bias, logAlpha, normal }) => {
      const at = (e: Tensor): Tensor =>
        variationalDropout(x, weight, logAlpha, { bias, training, normal: e });
      const [up, down] = [at(normal), at(normal.mul(-1))];
      const variance = linear(square(x), mul(exp(logAlpha), square(weight)));
      const half = up.sub(down).div(2);
      return Math.min(
        near(up.add(down).div(2), linear(x, weight, bias), 1e-12),
        near(square(half), variance.mul(square(normal)), 1e-10),
        // Of the sign of the noise, not of the weights.
        ...Array.from(half.data(), (h, i) => holds(h * normal.data()[i]! >= 0)),
      );
    },
  }),
  law({
    id: 'variational-dropout/as-dropout',
    statement:
      'With alpha = p / (1 - p) everywhere, mean and variance are those of dropping weights with probability p.',
    cases: drawn((draw) => ({ ...layerOf(draw), p: real(draw, 0.02, 0.95) })),
    slack: ({ x, weight, p }) => {
      const logAlpha = add(zerosLike(weight), Math.log(p / (1 - p)));
      const { mean, variance } = dropConnectMoments(x, weight, { p });
      const normal = ones(mean.shape, float);
      const y = variationalDropout(x, weight, logAlpha, { training, normal });
      return near(square(y.sub(mean)), variance, 1e-10);
    },
  }),
  law({
    id: 'variational-dropout/small-alpha',
    statement: 'For alpha near 0 the layer is the linear one, also in training.',
    cases: drawn((draw) => ({ ...layerOf(draw), seed: draw.integer(0, 1000) })),
    slack: ({ x, weight, bias, seed }) => {
      const logAlpha = add(zerosLike(weight), -60);
      const options = { bias, training, rng: random.key(seed), limit: 60 };
      return near(variationalDropout(x, weight, logAlpha, options), linear(x, weight, bias), 1e-10);
    },
  }),
  law({
    id: 'variational-dropout/evaluation',
    statement:
      'Evaluation uses the mean weights and leaves those out whose log alpha is above the threshold, also if they are NaN; it draws nothing.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      threshold: draw.pick([3, 0, -2]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, weight, bias, logAlpha, threshold, seed }) => {
      const kept = logAlpha.data().map((l) => (l > threshold ? 0 : 1));
      const mask = tensor(kept, float).reshape(weight.shape);
      const want = linear(x, weight.mul(mask), bias);
      const options = { bias, threshold };
      const poisoned = where(greater(mask, 0), weight, Number.NaN);
      return Math.min(
        near(variationalDropout(x, weight, logAlpha, options), want, 1e-14),
        near(variationalDropout(x, poisoned, logAlpha, options), want, 1e-14),
        near(
          variationalDropout(x, weight, logAlpha, { ...options, rng: random.key(seed) }),
          want,
          1e-14,
        ),
      );
    },
  }),
  law({
    id: 'variational-dropout/no-variance',
    statement: 'Outputs without variance have no noise, and finite gradients.',
    cases: drawn((draw) => ({ ...layerOf(draw), seed: draw.integer(0, 1000) })),
    slack: ({ x, weight, bias, logAlpha, seed }) => {
      const f = ([a, w, l]: readonly Tensor[]): Tensor =>
        variationalDropout(a!, w!, l!, { bias, training, rng: random.key(seed) });
      const slope = grad((all: readonly Tensor[]) => sum(f(all)));
      const still = [zerosLike(x), weight, logAlpha];
      const dead = [x, zerosLike(weight), logAlpha];
      const plain = add(zerosLike(f(still)), bias);
      return Math.min(
        exactly(f(still), plain),
        exactly(f(dead), plain),
        ...[...slope(still), ...slope(dead)].map((g) => holds(g.data().every(Number.isFinite))),
      );
    },
  }),
  law({
    id: 'variational-dropout/cut-off',
    statement:
      'log alpha is cut off to [-8, 8], or the given limit: beyond it nothing changes any more, neither layer nor divergence, and the gradient is 0.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      beyond: draw.tensor([], { min: 8.5, max: 1000 }).item() * draw.pick([-1, 1]),
      limit: draw.pick([undefined, 8, 2]),
    })),
    slack: ({ x, weight, beyond, limit }) => {
      const given = limit === undefined ? {} : { limit };
      const normal = ones([x.shape[0]!, weight.shape[0]!], float);
      const at = (l: number): Tensor => add(zerosLike(weight), l);
      const layer = (l: Tensor): Tensor =>
        variationalDropout(x, weight, l, { ...given, training, normal });
      const kl = (l: Tensor): Tensor => variationalKl(l, given);
      const edge = at(Math.sign(beyond) * (limit ?? 8));
      return Math.min(
        ...[layer, kl].flatMap((f) => [
          exactly(f(at(beyond)), f(edge)),
          exactly(grad((l: Tensor) => sum(f(l)))(at(beyond)), zerosLike(weight)),
        ]),
        // One step inside it is not cut off.
        holds(kl(edge.mul(0.99)).data()[0] !== kl(edge).data()[0]),
      );
    },
  }),
  law({
    id: 'variational-dropout/divergence',
    statement:
      "Molchanov's fit is within 0.02 of the exact divergence for log alpha from -4 to 3, positive, and falls as alpha grows.",
    cases: drawn((draw) => ({
      l: draw.tensor([], { min: -4, max: 3 }),
      wide: draw.tensor([], { min: -8, max: 7.9 }),
    })),
    slack: ({ l, wide }) => {
      const gap = Math.abs(variationalKl(l).item() - exactKl(l.item()));
      const [here, further] = [variationalKl(wide).item(), variationalKl(wide.add(0.05)).item()];
      return Math.min(
        1 - gap / 0.02,
        holds(here > 0),
        atMost(further, here, 0),
        holds(further < here),
      );
    },
  }),
  law({
    id: 'variational-dropout/fits',
    statement:
      'The fits are those of the papers; for alpha <= 1 the two differ by a constant within 0.05.',
    cases: drawn((draw) => ({
      l: draw.tensor([], { min: -4, max: 0 }),
      other: draw.tensor([], { min: -4, max: 0 }),
    })),
    slack: ({ l, other }) => {
      const s = (z: number): number => 1 / (1 + Math.exp(-z));
      const molchanov = (a: number): number =>
        -(0.63576 * s(1.8732 + 1.48695 * a) - 0.5 * Math.log1p(Math.exp(-a)) - 0.63576);
      const kingma = (a: number): number =>
        -(
          0.5 * a +
          1.16145124 * Math.exp(a) -
          1.50204118 * Math.exp(2 * a) +
          0.58629921 * Math.exp(3 * a)
        );
      const gap = (x: Tensor): number =>
        variationalKl(x, { form: 'kingma' }).item() - variationalKl(x).item();
      return Math.min(
        near(variationalKl(l), molchanov(l.item()), 1e-13),
        near(variationalKl(l, { form: 'kingma' }), kingma(l.item()), 1e-13),
        1 - Math.abs(gap(l) - gap(other)) / 0.05,
      );
    },
  }),
  law({
    id: 'variational-dropout/learns',
    statement:
      'Gradients reach weights and log alpha: d/dW is x plus noise, d/dlogalpha half of the share of the variance times the noise.',
    cases: drawn((draw) => ({
      ...layerOf(draw),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x: all, weight, logAlpha, seed }) => {
      const x = all.add(add(zerosLike(all), 5));
      const normal = random.normal(random.key(seed), [x.shape[0]!, weight.shape[0]!], float);
      const f = ([w, l]: readonly Tensor[]): Tensor =>
        sum(variationalDropout(x, w!, l!, { training, normal }));
      const [dw, dl] = grad(f)([weight, logAlpha]);
      const alpha = exp(logAlpha);
      const deviation = sqrt(linear(square(x), mul(alpha, square(weight))));
      // e / (2 deviation) times the derivative of the variance.
      const factor = permute(normal.div(deviation).div(2), [1, 0]);
      const ofSquares = linear(factor, permute(square(x), [1, 0]));
      const sums = add(zerosLike(weight), sum(x, { axis: 0 }));
      return Math.min(
        near(dl!, ofSquares.mul(alpha).mul(square(weight)), 1e-9),
        near(dw!, sums.add(ofSquares.mul(alpha).mul(weight).mul(2)), 1e-9),
      );
    },
    effort: 0.5,
  }),
  ...variationalLayerLaws,
  law({
    id: 'variational-dropout/batch-order',
    statement: 'With given noise, the order of the batch is the order of the results.',
    cases: drawn((draw) => {
      const layer = layerOf(draw);
      return { ...layer, normal: draw.tensor([layer.x.shape[0]!, layer.weight.shape[0]!]) };
    }),
    slack: ({ x, weight, logAlpha, normal }) => {
      const turned = (y: Tensor): Tensor => stack(unbind(y).toReversed());
      const y = variationalDropout(x, weight, logAlpha, { training, normal });
      const options = { training, normal: turned(normal) };
      return near(variationalDropout(turned(x), weight, logAlpha, options), turned(y), 1e-14);
    },
  }),
  law({
    id: 'variational-dropout/defaults',
    statement:
      "log alpha begins with -4, is cut off at 8 and prunes above 3; the divergence is Molchanov's.",
    cases: drawn((draw) => ({
      l: draw.tensor([], { min: -12, max: -0.1 }),
      seed: draw.integer(0, 99),
    })),
    slack: ({ l, seed }) => {
      const layer = new VariationalLinear(new Linear(1, 1, { seed, ...float }));
      const kernel = new VariationalConv2d(new Conv2d(1, 1, 1, { seed, ...float }));
      const step = activationStep(layer, ones([1, 1], float), { seed });
      const said = variationalDropoutTerm(layer, { lambda: 1, form: 'molchanov' });
      const one = ones([1, 1], float);
      // Of seven weights one is above the threshold, the others on it and below.
      const several = new Sequential(
        new VariationalLinear(new Linear(1, 1, { seed, ...float })),
        new VariationalLinear(new Linear(1, 6, { seed, ...float })),
      );
      const [small, large] = several.layers as readonly VariationalLinear[];
      small!.logAlpha.write(tensor([[3.5]], float));
      large!.logAlpha.write(tensor([[3], [3], [3], [0], [0], [0]], float));
      const at = (log: number): number =>
        variationalDropout(one, one, add(zerosLike(one), log)).item();
      return Math.min(
        ...[layer, kernel].flatMap(({ limit, threshold, logAlpha }) => [
          holds(limit === 8 && threshold === 3),
          exactly(logAlpha.read().data(), [-4]),
        ]),
        exactly(variationalKl(l), variationalKl(l, { form: 'molchanov', limit: 8 })),
        exactly(variationalDropoutTerm(layer, { lambda: 1 })(step), said(step)),
        exactly([at(3), at(3.001)], [1, 0]),
        exactly(variationalSparsity(several), 1 / 7),
      );
    },
    effort: 0.25,
  }),
  constantNoiseLaw('variational-dropout', (draw) => {
    const [x, w] = [draw.tensor([2, 3], { avoid: [0] }), draw.tensor([4, 3], { avoid: [0] })];
    return {
      noise: draw.tensor([2, 4]),
      apply: (normal) => variationalDropout(x, w, w.mul(0), { training, normal }),
    };
  }),
  ...decisionLaws(
    'variational-dropout',
    (n, rng, dtype) =>
      variationalDropout(
        ones([Math.ceil(n / 2), 1], { dtype }),
        ones([2, 1], { dtype }),
        zeros([2, 1], { dtype }),
        { training, rng },
      ),
    { tolerance: 1e-6 },
  ),
];
