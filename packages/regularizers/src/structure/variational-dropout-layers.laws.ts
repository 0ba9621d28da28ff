import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  clamp,
  exp,
  grad,
  matmul,
  ones,
  permute,
  random,
  square,
  sum,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { Conv2d, Linear, linear, Sequential } from '@tikhonov/nn';
import { configure } from '../configure.ts';
import { activationStep } from '../laws/activation-step.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { evaluationFormLaw } from '../laws/evaluation-form.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import { variationalDropoutMethod } from './variational-dropout.ts';
import { variationalDropout, variationalKl } from './variational-dropout-functions.ts';
import {
  VariationalConv2d,
  VariationalLinear,
  variationalDropoutTerm,
  variationalSparsity,
} from './variational-dropout-layers.ts';

const training = true;
const float = { dtype: 'float64' } as const;

/** Laws of the layers, their term and the recipe. */
export const variationalLayerLaws: readonly Law[] = [
  law({
    id: 'variational-dropout/convolution',
    statement:
      'A kernel of the size of the image is a linear layer of its pixels, in training and evaluation; stride and padding are those of the convolution, and every element of the output has noise of its own.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2, 3, 3]),
      weight: draw.tensor([3, 2, 3, 3]),
      logAlpha: draw.tensor([3, 2, 3, 3], { min: -4, max: 5 }),
      bias: draw.tensor([3]),
      normal: draw.tensor([2, 3]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, weight, logAlpha, bias, normal, seed }) => {
      const flat = [
        x.reshape([2, 18]),
        weight.reshape([3, 18]),
        logAlpha.reshape([3, 18]),
      ] as const;
      const maps = { bias, convolution: {}, normal: normal.reshape([2, 3, 1, 1]) };
      const plain = new Conv2d(2, 3, 2, { seed, ...float, stride: 2, padding: 1 });
      const layer = new VariationalConv2d(plain, { logAlphaInit: -8 });
      const [a, b] = [layer.forward(x), layer.forward(x, { training, rng: random.key(seed) })];
      return Math.min(
        near(
          variationalDropout(x, weight, logAlpha, { ...maps, training }),
          variationalDropout(...flat, { bias, normal, training }).reshape([2, 3, 1, 1]),
          1e-11,
        ),
        near(
          variationalDropout(x, weight, logAlpha, maps),
          variationalDropout(...flat, { bias }).reshape([2, 3, 1, 1]),
          1e-12,
        ),
        exactly(a, plain.forward(x)),
        // One draw for every element of the output.
        exactly(
          b,
          variationalDropout(x, layer.weight, layer.logAlpha, {
            bias: layer.bias!,
            convolution: layer.options,
            training,
            normal: random.normal(random.key(seed), b.shape, float),
          }),
        ),
        holds(String(b.shape) === String(a.shape)),
        // Noise of relative size exp(-4) and at most some seven deviations.
        near(b, a, 2),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'variational-dropout/layer',
    statement:
      'The layer keeps the parameters of the linear one and passes its settings on; its term is lambda times the sum of all divergences.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      seed: draw.integer(0, 1000),
      lambda: real(draw, 0, 2),
      start: real(draw, -5, 4),
      form: draw.pick(['molchanov', 'kingma'] as const),
    })),
    slack: ({ x, seed, lambda, start, form }) => {
      const plain = new Linear(3, 4, { seed, ...float });
      const settings = { limit: 1.5, threshold: 1 };
      const layer = new VariationalLinear(plain, { ...settings, logAlphaInit: start });
      const rng = random.key(seed);
      const own = [layer.weight, layer.logAlpha, { ...settings, bias: plain.bias! }] as const;
      const at = form === 'kingma' ? Math.min(start, 0) : start;
      layer.logAlpha.write(add(zerosLike(layer.logAlpha.read()), at));
      const term = variationalDropoutTerm(layer, { lambda, form });
      const want = sum(variationalKl(layer.logAlpha, { form, limit: 1.5 })).mul(lambda);
      return Math.min(
        holds(layer.weight === plain.weight && layer.bias === plain.bias),
        exactly(layer.forward(x), variationalDropout(x, ...own)),
        exactly(
          layer.forward(x, { training, rng }),
          variationalDropout(x, own[0], own[1], { ...own[2], training, rng }),
        ),
        near(term(activationStep(layer, x, { seed })), want, 1e-12),
        exactly(variationalSparsity(layer), at > 1 ? 1 : 0),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'variational-dropout/threshold',
    statement:
      'Evaluation leaves out weights whose log alpha, not cut off by limit, is above its threshold, 3 by default, not those on it; no gradient flows to them and sparsity counts them. Infinity leaves out none, -Infinity all, training none.',
    cases: drawn((draw) => {
      const threshold = draw.pick([undefined, 3, 0, -1.5, Infinity, -Infinity]);
      const at = Number.isFinite(threshold ?? 3) ? (threshold ?? 3) : 0;
      const places = Array.from({ length: 6 }, () => draw.pick([-20, -1, -1e-9, 0, 1e-9, 1, 20]));
      return {
        threshold,
        limit: draw.pick([undefined, 1]),
        logAlpha: tensor(Float64Array.from(places, (place) => at + place)).reshape([2, 3]),
        x: draw.tensor([2, 3], { avoid: [0] }),
        slope: draw.tensor([2, 2]),
        seed: draw.integer(0, 1000),
      };
    }),
    slack: ({ threshold, limit, logAlpha, x, slope, seed }) => {
      const settings = {
        ...(threshold === undefined ? {} : { threshold }),
        ...(limit === undefined ? {} : { limit }),
      };
      const layer = new VariationalLinear(new Linear(3, 2, { seed, ...float }), settings);
      const kernel = new VariationalConv2d(new Conv2d(3, 2, 1, { seed, ...float }), settings);
      const usual = new VariationalLinear(new Linear(1, 6, { seed, ...float }));
      layer.logAlpha.write(logAlpha);
      kernel.logAlpha.write(logAlpha.reshape([2, 3, 1, 1]));
      usual.logAlpha.write(logAlpha.reshape([6, 1]));
      const left = (above: number): number[] =>
        Array.from(logAlpha.data(), (l) => (l > above ? 0 : 1));
      const mask = tensor(left(threshold ?? 3), float).reshape([2, 3]);
      const pruned = (above: number): number => left(above).filter((kept) => kept === 0).length;
      const { weight } = layer;
      const [bias, w] = [layer.bias!.read(), weight.read()];
      const map = x.reshape([2, 3, 1, 1]);
      const flat = kernel.weight.read().reshape([2, 3]);
      const want = linear(x, w.mul(mask), bias);
      const ofKernel = linear(x, flat.mul(mask), kernel.bias!).reshape([2, 2, 1, 1]);
      const f = ([v, l]: readonly Tensor[]): Tensor =>
        sum(variationalDropout(x, v!, l!, settings).mul(slope));
      const [dw, dl] = grad(f)([w, logAlpha]);
      const noisy = (normal: Tensor): Tensor =>
        variationalDropout(x, w, logAlpha, { ...settings, training, normal });
      const cut = clamp(logAlpha, { min: -(limit ?? 8), max: limit ?? 8 });
      const variance = linear(square(x), exp(cut).mul(square(w)));
      return Math.min(
        near(variationalDropout(x, w, logAlpha, { ...settings, bias }), want, 1e-13),
        near(layer.forward(x), want, 1e-13),
        near(layer.inEvaluation().forward(x), want, 1e-13),
        near(kernel.forward(map), ofKernel, 1e-13),
        near(kernel.inEvaluation().forward(map), ofKernel, 1e-13),
        near(dw!, matmul(permute(slope, [1, 0]), x).mul(mask), 1e-13),
        exactly(dl!, zerosLike(logAlpha)),
        near(noisy(zerosLike(slope)), linear(x, w), 1e-13),
        near(square(noisy(zerosLike(slope).add(1)).sub(linear(x, w))), variance, 1e-9),
        exactly(variationalSparsity(layer), pruned(threshold ?? 3) / 6),
        exactly(variationalSparsity(kernel), pruned(threshold ?? 3) / 6),
        exactly(
          variationalSparsity(new Sequential(layer, kernel, usual)),
          (2 * pruned(threshold ?? 3) + pruned(3)) / 18,
        ),
      );
    },
    effort: 0.5,
  }),
  evaluationFormLaw('variational-dropout', {
    settings: (draw) => ({
      image: draw.pick([true, false]),
      bias: draw.pick([true, false]),
      stride: draw.integer(1, 2),
      padding: draw.integer(0, 1),
      groups: draw.integer(1, 2),
      seed: draw.integer(0, 1000),
      logAlpha: draw.tensor([4], { min: 2, max: 4 }),
    }),
    input: (draw, { image }) => draw.tensor(image ? [2, 4, 3, 3] : [2, 4]),
    layer: ({ image, bias, stride, padding, groups, seed, logAlpha }) => {
      const options = { bias, seed, ...float };
      const layer = image
        ? new VariationalConv2d(new Conv2d(4, 4, 2, { ...options, stride, padding, groups }))
        : new VariationalLinear(new Linear(4, 4, options));
      const units = logAlpha.reshape(image ? [4, 1, 1, 1] : [4, 1]);
      layer.logAlpha.write(add(zeros(layer.logAlpha.shape, float), units));
      return layer;
    },
  }),
  law({
    id: 'variational-dropout/zero-strength',
    statement: 'A strength of 0 contributes exactly 0, whatever log alpha is, with gradient 0.',
    cases: drawn((draw) => ({
      bad: draw.pick([Infinity, -Infinity, Number.NaN]),
      seed: draw.integer(0, 9),
    })),
    slack: ({ bad, seed }) => {
      const layer = new VariationalLinear(new Linear(2, 2, { seed, ...float }));
      layer.logAlpha.write(add(zeros([2, 2], float), bad));
      const step = activationStep(layer, ones([1, 2], float), { seed });
      return exactly(variationalDropoutTerm(layer, { lambda: 0 })(step), 0);
    },
    effort: 0.1,
  }),
  law({
    id: 'variational-dropout/recipe',
    statement:
      'The recipe replaces hidden linear layers and convolutions, begins with its alpha, and adds klScale / rows times the divergence.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      klScale: real(draw, 0, 2),
      alphaInit: real(draw, 0.001, 2),
      rows: draw.integer(1, 500),
    })),
    slack: ({ seed, klScale, alphaInit, rows }) => {
      const start = { ...plainPlan, network: { dtype: 'float64' } } as const;
      const options = {
        task: { classes: 3, features: 16, imageShape: [1, 4, 4] as const, rows },
        network: { kind: 'cnn', channels: [2, 3], hidden: [5] } as const,
        lr: 0.01,
        seed,
        key: random.key(seed),
      };
      const plan = variationalDropoutMethod.recipe(start, { klScale, alphaInit });
      const { model, options: fit } = configure(plan, options);
      const plain = configure(start, options).model;
      const x = random.normal(random.key(seed), [2, 16], float);
      const got = fit.penalties.map((term) => term(activationStep(model, x, { seed })));
      const layers = model
        .modules()
        .filter((part) => part instanceof Linear || part instanceof Conv2d);
      const names = layers.map((layer) => layer.constructor.name).join();
      const count = 2 * 9 + 3 * 2 * 9 + 5 * 3;
      const each = variationalKl(tensor(Math.log(alphaInit), float)).item();
      return Math.min(
        holds(names === 'VariationalConv2d,VariationalConv2d,VariationalLinear,Linear'),
        holds(got.length === 1),
        near(got[0]!, (klScale / rows) * each * count, 1e-10),
        near(model.forward(x) as Tensor, plain.forward(x) as Tensor, 1e-12),
        recipeTakes(variationalDropoutMethod, { klScale: 1, alphaInit: 0.25 }),
      );
    },
    effort: 0.1,
  }),
];
