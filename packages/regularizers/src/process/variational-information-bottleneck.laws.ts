import { drawn, type Law, law } from '@tikhonov/check';
import {
  exp,
  grad,
  log,
  logSoftmax,
  logsumexp,
  mean,
  random,
  relu,
  slice,
  square,
  stack,
  sub,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import { mlp } from '@tikhonov/nn';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { innerWeightsLaw } from '../laws/inner-weights.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import { variationalInformationBottleneckMethod } from './variational-information-bottleneck.ts';
import { gaussianCode, gaussianKl, vib } from './variational-information-bottleneck-functions.ts';
import {
  GaussianBottleneck,
  VibHead,
  vibTerm,
  withBottleneck,
} from './variational-information-bottleneck-layers.ts';

const id = (what: string): string => `variational-information-bottleneck/${what}`;

const density = (x: number, mu: number, std: number): number =>
  Math.exp(-0.5 * ((x - mu) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));

/** What the variational information bottleneck promises. */
export const variationalInformationBottleneckLaws: readonly Law[] = [
  law({
    id: id('divergence-by-draws'),
    statement:
      'The closed form of the divergence is the mean of log p(z) - log q(z) over draws of p, within 6 standard errors.',
    cases: drawn((draw) => ({
      mu: real(draw, -2, 2),
      std: real(draw, 0.3, 2),
      mu2: real(draw, -2, 2),
      std2: real(draw, 0.3, 2),
      seed: draw.integer(0, 2 ** 30),
    })),
    slack: ({ mu, std, mu2, std2, seed }) => {
      const n = 4000;
      const z = random.normal(random.key(seed), [n], { dtype: 'float64' }).mul(std).add(mu);
      const ratios = sub(
        square(z.sub(mu2).div(std2)).mul(0.5).add(Math.log(std2)),
        square(z.sub(mu).div(std)).mul(0.5).add(Math.log(std)),
      );
      const center = mean(ratios).item();
      const spread = Math.sqrt(mean(square(ratios.sub(center))).item() / n);
      const [m1, s1, m2, s2] = [mu, std, mu2, std2].map((v) => tensor(v, { dtype: 'float64' }));
      const want = gaussianKl(m1!, s1!, m2!, s2!).item();
      return 1 - Math.abs(center - want) / (6 * spread + 1e-12);
    },
    effort: 0.25,
  }),
  law({
    id: id('divergence-is-positive'),
    statement: 'The divergence is never negative, and 0 for equal Gaussians.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4)];
      const width = { min: 0.1, max: 3 };
      return {
        mu: [draw.tensor(shape), draw.tensor(shape)] as const,
        std: [draw.tensor(shape, width), draw.tensor(shape, width)] as const,
      };
    }),
    slack: ({ mu, std }) =>
      Math.min(
        atMost(0, gaussianKl(mu[0], std[0], mu[1], std[1])),
        exactly(gaussianKl(mu[0], std[0], mu[0], std[0]), 0),
        holds(gaussianKl(mu[0], std[0], mu[0].add(0.1), std[0]).item() > 1e-4),
      ),
  }),
  law({
    id: id('divergence-gradient'),
    statement:
      'Against the standard normal prior, the derivative by mu is mu, that by std is std - 1 / std.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4)];
      return { mu: draw.tensor(shape), std: draw.tensor(shape, { min: 0.1, max: 3 }) };
    }),
    slack: ({ mu, std }) => {
      const [dMu, dStd] = grad(([m, s]: readonly Tensor[]) => gaussianKl(m!, s!))([mu, std]);
      return Math.min(near(dMu!, mu, 1e-13), near(dStd!, std.sub(std.pow(-1)), 1e-12));
    },
  }),
  law({
    id: id('logarithms-of-variances'),
    statement: 'With logVar the widths are logarithms of variances, of both Gaussians.',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 4)];
      return {
        mu: [draw.tensor(shape), draw.tensor(shape)] as const,
        logVar: [draw.tensor(shape), draw.tensor(shape)] as const,
      };
    }),
    slack: ({ mu, logVar }) => {
      const std = logVar.map((v) => exp(v.mul(0.5)));
      return Math.min(
        near(
          gaussianKl(mu[0], logVar[0], mu[1], logVar[1], { logVar: true }),
          gaussianKl(mu[0], std[0]!, mu[1], std[1]!),
          1e-12,
        ),
        near(
          gaussianKl(mu[0], logVar[0], 0, undefined, { logVar: true }),
          gaussianKl(mu[0], std[0]!),
          1e-12,
        ),
      );
    },
  }),
  law({
    id: id('bounds-the-information'),
    statement:
      'The mean divergence is I(x, z) + KL[p(z) || q(z)], so at least the information that codes have of the inputs.',
    cases: drawn((draw) => ({
      mu: draw.tensor([2, 1], { min: -2, max: 2 }),
      std: real(draw, 0.4, 1.2),
    })),
    slack: ({ mu, std }) => {
      const centers = [...mu.data()];
      const [from, to, count] = [-14, 14, 4000];
      const dz = (to - from) / count;
      let [information, marginal] = [0, 0];
      for (let k = 0; k <= count; k++) {
        const z = from + k * dz;
        const each = centers.map((m) => density(z, m, std));
        const p = (each[0]! + each[1]!) / 2;
        if (p < 1e-280) continue;
        for (const e of each) if (e > 0) information += (dz / 2) * e * Math.log(e / p);
        marginal += dz * p * Math.log(p / density(z, 0, 1));
      }
      const bound = mean(gaussianKl(mu, std)).item();
      return Math.min(near(bound, information + marginal, 1e-9), atMost(information, bound, 1e-9));
    },
    effort: 0.25,
  }),
  law({
    id: id('code'),
    statement:
      'A code is mu + softplus(rho + stdShift) eps, and its divergence that of its mean and width from N(0, 1).',
    cases: drawn((draw) => {
      const shape = [draw.integer(1, 3), draw.integer(1, 3)];
      return {
        mu: draw.tensor(shape),
        rho: draw.tensor(shape),
        eps: draw.tensor([draw.integer(1, 3), ...shape]),
        stdShift: draw.pick([-5, 0, 1]),
        beta: real(draw, 0.1, 1),
      };
    }),
    slack: ({ mu, rho, eps, stdShift, beta }) => {
      const loss = (z: Tensor): Tensor => square(z).mul(3).sum();
      const result = vib(mu, rho, loss, { eps, stdShift, beta });
      const std = log(exp(rho.add(stdShift)).add(1));
      const z = eps.mul(std).add(mu);
      const data = square(z).mul(3).sum().item() / eps.shape[0]!;
      const kl = square(mu).add(square(std)).sub(1).mul(0.5).sub(log(std)).sum({ axis: 1 });
      return Math.min(
        near(result.std, std, 1e-12),
        near(result.z, z, 1e-12),
        near(result.kl, kl, 1e-11),
        near(result.dataLoss, data, 1e-12),
        near(result.loss, data + beta * mean(kl).item(), 1e-11),
      );
    },
  }),
  law({
    id: id('the-default-shift'),
    statement: 'The default shift is -5, as in the paper: of rho = 0 the width is log(1 + e^-5).',
    cases: drawn((draw) => ({ mu: draw.tensor([2, 2]) })),
    slack: ({ mu }) =>
      near(gaussianCode(mu, mu.mul(0)).std, mu.mul(0).add(Math.log1p(Math.exp(-5))), 1e-14),
  }),
  law({
    id: id('narrow-codes'),
    statement:
      'Widths too small to be represented have a finite divergence, mu^2 / 2 - 1/2 - rho, and its derivatives.',
    cases: drawn((draw) => ({
      mu: draw.tensor([2, 1]),
      rho: draw.tensor([2, 1], { min: -3, max: 3 }).sub(draw.pick([40, 1000])),
    })),
    slack: ({ mu, rho }) => {
      const kl = (r: Tensor): Tensor => gaussianCode(mu, r, { stdShift: 0 }).kl;
      const want = square(mu).mul(0.5).sub(0.5).sub(rho).sum({ axis: 1 });
      const slope = grad((r: Tensor) => kl(r).sum())(rho);
      return Math.min(near(kl(rho), want, 1e-13), near(slope, rho.mul(0).sub(1), 1e-13));
    },
  }),
  law({
    id: id('beta-zero'),
    statement:
      'With beta = 0 it is the plain loss of noisy codes, also where the divergence is infinite.',
    cases: drawn((draw) => ({
      mu: draw.tensor([2, 2]),
      far: draw.pick([true, false]),
      rho: draw.tensor([2, 2]),
      eps: draw.tensor([1, 2, 2]),
    })),
    slack: ({ mu, rho, eps, far }) => {
      // Of a width of 1e200 the square, and so the divergence, is infinite.
      const wide = far ? rho.add(1e200) : rho;
      const noise = far ? eps.mul(0) : eps;
      const run = (m: Tensor): Tensor =>
        vib(m, wide, (z) => square(z).sum(), { eps: noise, beta: 0 }).loss;
      const z = noise.mul(gaussianCode(mu, wide).std).add(mu).sum({ axis: 0 });
      return Math.min(near(run(mu), square(z).sum(), 1e-13), near(grad(run)(mu), z.mul(2), 1e-12));
    },
  }),
  law({
    id: id('head'),
    statement:
      'The head decodes a drawn code in training and the mean code in evaluation; with evaluationSamples it gives the logarithm of the mean probability of the draws.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 3]),
      seed: draw.integer(0, 1000),
      apart: draw.pick([1, 1e4]),
    })),
    slack: ({ x, seed, apart }) => {
      const head = new VibHead(3, 2, 4, { seed, dtype: 'float64' });
      const { mu, std } = head.bottleneck.code(head.bottleneck.encode.forward(x));
      const rng = random.key(seed + 1);
      const eps = random.normal(random.foldIn(rng, 'bottleneck'), [2, 2], { dtype: 'float64' });
      const several = new VibHead(3, 2, 4, { seed, dtype: 'float64', evaluationSamples: 3 });
      // As far apart as probabilities that are 0 in float64.
      const { weight } = several.decode;
      weight.write(weight.read().mul(apart));
      const draws = [0, 1, 2].map((k) => {
        const noise = random.normal(random.foldIn(rng, k), [2, 2], { dtype: 'float64' });
        return logSoftmax(several.decode.forward(noise.mul(std).add(mu)));
      });
      const evaluated = several.forward(x, { rng });
      return Math.min(
        near(head.forward(x), head.decode.forward(mu), 1e-13),
        near(
          head.forward(x, { training: true, rng }),
          head.decode.forward(eps.mul(std).add(mu)),
          1e-13,
        ),
        near(evaluated, logsumexp(stack(draws), { axis: 0 }).sub(Math.log(3)), 1e-11),
      );
    },
    effort: 0.5,
  }),
  law({
    id: id('term'),
    statement:
      "The term is beta times the mean over rows of the divergence, weighted as they are, plus what turns the step's data loss into the mean over draws; its strength is 1e-3 by default.",
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      beta: draw.pick([null, 0, 0.7]),
      numSamples: draw.integer(1, 3),
      weighted: draw.pick([true, false]),
    })),
    slack: ({ x, seed, beta, numSamples, weighted }) => {
      const model = withBottleneck(mlp([2, 3, 2], { seed, dtype: 'float64' }), { seed });
      const weights = tensor(Float64Array.of(1, 2, 0.5));
      const step = activationStep(model, x, {
        seed,
        ...(weighted ? { sampleWeight: weights } : {}),
      });
      const options = { numSamples, ...(beta === null ? {} : { beta }) };
      const term = vibTerm(model, options)(step);
      const bottleneck = model.modules().find((part) => part instanceof GaussianBottleneck)!;
      const hidden = relu(model.layers[0]!.forward(x));
      const { kl } = bottleneck.code(bottleneck.encode.forward(hidden));
      const w = weighted ? weights : weights.mul(0).add(1);
      const penalty = (kl.mul(w).sum().item() / w.sum().item()) * (beta ?? 1e-3);
      const key = random.foldIn(step.rng, 'vibTerm');
      const losses = Array.from({ length: numSamples }, (_, k) =>
        k === 0
          ? step.dataLoss.item()
          : step.loss(step.forward(x, { rng: random.foldIn(key, k) })).item(),
      );
      const average = losses.reduce((a, b) => a + b) / numSamples;
      return near(term.add(step.dataLoss), penalty + average, 1e-11);
    },
    effort: 0.5,
  }),
  recipeLaw(variationalInformationBottleneckMethod, (model, values, step) =>
    vibTerm(model, { beta: values.beta!, numSamples: values.numSamples! })(step),
  ),
  law({
    id: id('defaults'),
    statement:
      'Left out, beta is 1e-3, one code is drawn in training and none in evaluation, and rho becomes a width by the shift -5, in layers as well.',
    cases: drawn((draw) => ({
      mu: draw.tensor([2, 2]),
      rho: draw.tensor([2, 2]),
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ mu, rho, x, seed }) => {
      const key = random.key(seed);
      const loss = (z: Tensor): Tensor => square(z).mean();
      const explicit = { beta: 1e-3, numSamples: 1 };
      const model = withBottleneck(mlp([2, 3, 2], { seed, dtype: 'float64' }), { seed });
      const step = activationStep(model, x, { seed });
      return Math.min(
        exactly(
          vib(mu, rho, loss, { key }).loss,
          vib(mu, rho, loss, { key, ...explicit, stdShift: -5 }).loss,
        ),
        exactly(vibTerm(model)(step), vibTerm(model, explicit)(step)),
        exactly(
          new GaussianBottleneck(2, 1, { seed, dtype: 'float64' }).code(rho).std,
          gaussianCode(slice(rho, [null, { stop: 1 }]), slice(rho, [null, { start: 1 }]), {
            stdShift: -5,
          }).std,
        ),
        // In evaluation without draws of codes.
        exactly(
          new GaussianBottleneck(2, 1, { seed, dtype: 'float64' }).forward(x),
          new GaussianBottleneck(2, 1, { seed, dtype: 'float64', evaluationSamples: 0 }).forward(x),
        ),
      );
    },
    effort: 0.2,
  }),
  innerWeightsLaw('variational-information-bottleneck', (forward, x, beta) => {
    const nothing = (): Tensor => tensor(0, { dtype: 'float64' });
    return vib(forward(x), forward(x), nothing, { beta, key: random.key(0) }).loss;
  }),
  law({
    id: id('layer'),
    statement:
      'The encoder gives means first and then widths, shifted as the layer says; encoder and decoder begin with weights of their own; the recipe draws with its key.',
    cases: drawn((draw) => ({
      x: draw.tensor([2, 2]),
      encoded: draw.tensor([2, 4]),
      low: draw.tensor([1, 1], { min: -30, max: -15 }),
      stdShift: real(draw, -2, 2),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, encoded, low, stdShift, seed }) => {
      const layer = new GaussianBottleneck(2, 2, { seed, stdShift, dtype: 'float64' });
      const [mu, rho] = [slice(encoded, [null, { stop: 2 }]), slice(encoded, [null, { start: 2 }])];
      const want = gaussianCode(mu, rho, { stdShift });
      const got = layer.code(encoded);
      const head = new VibHead(2, 2, 4, { seed, dtype: 'float64' });
      const far = gaussianCode(low, low, { stdShift: 0 }).logStd.item();
      const key = random.key(seed);
      const task = { classes: 4, features: 2, imageShape: null, rows: 2 };
      const plain = () => mlp([2, 4], { seed: 0, dtype: 'float64' });
      const [make] = variationalInformationBottleneckMethod.recipe(plainPlan, {}).models;
      const options = { eps: tensor(new Float64Array(4), { shape: [1, 2, 2] }) };
      const data = (z: Tensor): Tensor => z.sum();
      return Math.min(
        exactly(got.mu, mu),
        exactly(got.std, want.std),
        holds(
          String(head.bottleneck.encode.weight.read().data()) !==
            String(head.decode.weight.read().data()),
        ),
        near(far, Math.log(Math.log1p(Math.exp(low.item()))), 1e-14),
        exactly(
          make!(plain(), { key, task }).forward(x),
          withBottleneck(plain(), { key }).forward(x),
        ),
        exactly(
          vib(mu, rho, data, options).loss,
          vib(mu, rho, data, { ...options, beta: 1e-3 }).loss,
        ),
        exactly(vib(mu, rho, data, { key, numSamples: 3 }).z.shape, [3, 2, 2]),
      );
    },
    effort: 0.2,
  }),
];
