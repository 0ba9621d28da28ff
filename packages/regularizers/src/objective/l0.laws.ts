import { drawn, type Law, law } from '@tikhonov/check';
import { random, sum, type Tensor, tensor } from '@tikhonov/core';
import { Conv2d, Flatten, Linear, type Module, mlp, Sequential } from '@tikhonov/nn';
import { sgd } from '@tikhonov/optim';
import { activationStep } from '../laws/activation-step.ts';
import { real } from '../laws/draws.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { plainPlan } from '../registry.ts';
import { l0Method } from './l0.ts';
import { l0GateLaws, setStates, statesOf } from './l0-gates.laws.ts';
import { type L0Gates, l0GatesOf, withL0Gates } from './l0-gates.ts';
import { distributionOf, hardConcreteLaws } from './l0-hard-concrete.laws.ts';
import { gateProbNonzero, hardConcreteGate, l0Penalty } from './l0-hard-concrete.ts';
import { countNonzero, l0Report } from './l0-report.ts';
import { gatesIn, l0Clamp, l0Term } from './l0-term.ts';

/** What L0 regularization with hard concrete gates promises. */
export const l0Laws: readonly Law[] = [
  ...hardConcreteLaws,
  ...l0GateLaws,
  law({
    id: 'l0/norm-of-weights',
    statement:
      'countNonzero counts the weights whose size is above the tolerance: the norm whose expectation the penalty is.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })),
      kept: draw.pick([true, false]),
      tol: real(draw, 0, 2),
    })),
    slack: ({ w, tol, kept }) => {
      const z = kept ? w : w.mul(0);
      const above = [...z.data()].filter((v) => Math.abs(v) > tol).length;
      return exactly(countNonzero([z], { tol }), above);
    },
  }),
  zeroStrengthLaw('l0', (ws, zero) =>
    ws.map((w) => l0Penalty(w, { lambda: zero })).reduce((a, b) => a.add(b)),
  ),
  recipeLaw(l0Method, (model, { lambda }, step) => l0Term(model, { lambda: lambda! })(step)),
  law({
    id: 'l0/term',
    statement:
      "The term is the sum of the penalties of all gates, counted once or by their weights, plus what turns the step's data loss into the mean over draws.",
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
      lambda: real(draw, 0.1, 2),
      count: draw.pick(['gates', 'weights'] as const),
      samples: draw.integer(1, 3),
    })),
    slack: ({ x, seed, lambda, count, samples }) => {
      const model = withL0Gates(mlp([2, 4, 3], { seed, dtype: 'float64' }), { seed });
      const step = activationStep(model, x, { seed });
      const outputs = [4, 3];
      const penalty = model.layers
        .map((layer, l) => {
          const open = gateProbNonzero(l0GatesOf(layer)!.logAlpha).sum().item();
          return lambda * open * (count === 'weights' ? outputs[l]! : 1);
        })
        .reduce((a, b) => a + b);
      const key = random.foldIn(step.rng, 'l0Term');
      const losses = Array.from({ length: samples }, (_, k) =>
        k === 0
          ? step.dataLoss.item()
          : step.loss(step.forward(x, { rng: random.foldIn(key, k) })).item(),
      );
      const average = losses.reduce((a, b) => a + b) / samples;
      const term = l0Term(model, { lambda, count, samples })(step);
      return near(term.add(step.dataLoss), penalty + average, 1e-11);
    },
    effort: 0.3,
  }),
  law({
    id: 'l0/first-gates',
    statement:
      'Gates begin with the given probability of dropping: logAlpha is log(1 - p) - log p up to noise of deviation 0.01.',
    cases: drawn((draw) => ({ p: real(draw, 0.05, 0.95), seed: draw.integer(0, 1000) })),
    slack: ({ p, seed }) => {
      const layer = new Linear(100, 1, { seed, dtype: 'float64' });
      withL0Gates(layer, { dropRateInit: p, seed });
      const noise = l0GatesOf(layer)!
        .logAlpha.read()
        .sub(Math.log((1 - p) / p))
        .div(0.01);
      const [center, size] = [noise.mean().item(), noise.mul(noise).mean().item()];
      // Deviations of the mean and of the mean square of 100 normal draws: 0.1 and sqrt(2) / 10.
      return Math.min(1 - Math.abs(center) / 0.6, 1 - Math.abs(size - 1) / 0.9);
    },
    effort: 0.3,
  }),
  law({
    id: 'l0/clamp',
    statement:
      'After each step every logAlpha lies within log 0.01 and log 100, and nothing else is changed.',
    cases: drawn((draw) => ({ to: draw.tensor([3], { min: -20, max: 20 }) })),
    slack: ({ to }) => {
      const layer = new Linear(3, 1, { seed: 0, dtype: 'float64' });
      withL0Gates(layer);
      const { logAlpha } = l0GatesOf(layer)!;
      const weight = layer.weight.read().mul(100);
      layer.weight.write(weight);
      const optimizer = sgd(layer, { lr: 1, updates: () => [l0Clamp()] });
      const pull = logAlpha.read().sub(to);
      optimizer.minimize(() =>
        logAlpha.read().mul(pull).sum().add(sum(layer.weight).mul(0)).add(sum(layer.bias!).mul(0)),
      );
      const want = [...to.data()].map((x) => Math.min(Math.log(100), Math.max(Math.log(0.01), x)));
      return Math.min(near(logAlpha.read(), want, 1e-12), exactly(layer.weight.read(), weight));
    },
    effort: 0.3,
  }),
  law({
    id: 'l0/report',
    statement:
      'A gate on an input switches one weight per output, one on a filter its kernel: the report counts those behind open gates, and all.',
    cases: drawn((draw) => ({ first: statesOf(draw, 2), second: statesOf(draw, 8) })),
    slack: ({ first, second }) => {
      const model = new Sequential(
        new Conv2d(1, 2, 2, { seed: 0, dtype: 'float64' }),
        new Flatten(),
        new Linear(8, 3, { seed: 0, dtype: 'float64' }),
      );
      withL0Gates(model);
      const found = model
        .modules()
        .map((part) => l0GatesOf(part))
        .filter((gates) => gates !== null);
      for (const [l, states] of [first, second].entries()) {
        setStates(found[l]!, states);
      }
      const open = (states: readonly number[]): number => states.filter((a) => a > -9).length;
      const report = l0Report(model);
      return holds(
        report.weights === 2 * 4 + 8 * 3 &&
          report.activeWeights === open(first) * 4 + open(second) * 3 &&
          report.layers.every(
            ({ gates, active }, l) => gates === [2, 8][l] && active === open([first, second][l]!),
          ),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'l0/refused-sizes',
    statement:
      'A group size that is negative or not finite is refused, as a number and in a tensor.',
    cases: drawn((draw) => ({
      alpha: draw.tensor([2]),
      bad: draw.pick([-3, Number.NaN, Infinity]),
      held: draw.pick([true, false]),
    })),
    slack: ({ alpha, bad, held }) => {
      const groupSize = held ? tensor(Float64Array.of(1, bad)) : bad;
      return holds(thrown(() => l0Penalty(alpha, { lambda: 1, groupSize })) instanceof RangeError);
    },
    effort: 0.2,
  }),
  law({
    id: 'l0/settings-of-layers',
    statement:
      'Gates, term and report use the given distribution; each layer begins with noise of its own, and a key in evaluation draws nothing.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 4]),
      seed: draw.integer(0, 1000),
      shape: distributionOf(draw),
      states: statesOf(draw, 4),
    })),
    slack: ({ x, seed, shape, states: values }) => {
      const model = withL0Gates(mlp([4, 4, 3], { seed, dtype: 'float64' }), { seed, ...shape });
      const [first, second] = model.layers.map((layer) => l0GatesOf(layer)!);
      const apart = holds(
        String(first!.logAlpha.read().data()) !== String(second!.logAlpha.read().data()),
      );
      setStates(first!, values);
      const want = [first!, second!]
        .map(({ logAlpha }) => l0Penalty(logAlpha, { ...shape, lambda: 2 }))
        .reduce((a, b) => a.add(b));
      const report = l0Report(model);
      const expected = report.layers.map((layer) => layer.expected).reduce((a, b) => a + b);
      return Math.min(
        apart,
        near(l0Term(model, { lambda: 2 })(activationStep(model, x, { seed })), want, 1e-13),
        near(first!.gates(), hardConcreteGate(first!.logAlpha, shape), 1e-14),
        near(expected, want.div(2), 1e-13),
        near(report.sparsity, 1 - report.activeWeights / report.weights, 1e-14),
        exactly(model.forward(x, { rng: random.key(seed) }), model.forward(x)),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'l0/recipe-gates',
    statement:
      'The recipe puts gates on with its arguments and its key, and clamps them after every step.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      beta: real(draw, 0.3, 0.9),
      dropRateInit: real(draw, 0.1, 0.9),
    })),
    slack: ({ seed, ...given }) => {
      const key = random.key(seed);
      const task = { classes: 3, features: 2, imageShape: null, rows: 3 };
      const plain = () => mlp([2, 3], { seed: 0, dtype: 'float64' });
      const plan = l0Method.recipe(plainPlan, given);
      const gatesOf = (model: Module): L0Gates => gatesIn('law', model)[0]!;
      const gates = gatesOf(plan.models[0]!(plain(), { key, task }));
      const want = gatesOf(withL0Gates(plain(), { ...given, key }));
      const names = { logAlpha: gates.logAlpha };
      const optimizer = sgd(names, { lr: 1, updates: (lr) => plan.updates.map((f) => f(lr)) });
      const same = exactly(gates.logAlpha.read(), want.logAlpha.read());
      optimizer.apply({ logAlpha: gates.logAlpha.read().mul(0).sub(100) });
      return Math.min(
        same,
        exactly(gates.beta, given.beta),
        near(
          gates.logAlpha.read(),
          new Float64Array(gates.logAlpha.size).fill(Math.log(100)),
          1e-14,
        ),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'l0/defaults',
    statement:
      'Left out, the distribution is that of the authors (2/3, -0.1, 1.1), half of the gates begin closed, gates are counted and not weights, and only an exact 0 is one.',
    cases: drawn((draw) => ({
      logAlpha: draw.tensor([3]),
      x: draw.tensor([3, 2]),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ logAlpha, x, seed }) => {
      const authors = { beta: 2 / 3, gamma: -0.1, zeta: 1.1 };
      const gated = (options: object) =>
        withL0Gates(mlp([2, 3], { seed, dtype: 'float64' }), options);
      const [first, second] = [gated({}), gated({ dropRateInit: 0.5, seed: 0, ...authors })];
      const logs = [first, second].map((model) => l0GatesOf(model.modules()[1]!)!.logAlpha.read());
      const term = (options: object): Tensor =>
        l0Term(first, { lambda: 1, ...options })(activationStep(first, x, { seed }));
      return Math.min(
        exactly(
          l0Penalty(logAlpha, { lambda: 1 }),
          l0Penalty(logAlpha, { lambda: 1, groupSize: 1, ...authors }),
        ),
        exactly(hardConcreteGate(logAlpha), hardConcreteGate(logAlpha, authors)),
        exactly(logs[0]!, logs[1]!),
        exactly(term({}), term({ count: 'gates', samples: 1 })),
        holds(countNonzero(tensor([0, 1e-30, 0.2])) === 2),
      );
    },
    effort: 0.2,
  }),
];
