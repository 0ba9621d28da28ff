import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  type Cell,
  mul,
  parameter,
  random,
  sign,
  sum,
  type Tensor,
  tensor,
  zerosLike,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { clipByValue, scaleByAdam } from '@tikhonov/optim';
import { configure } from '../configure.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { exactly, holds, near, withinUlps } from '../laws/slack.ts';
import { runAdam, runAdamw, runSgd, runSgdw } from '../laws/training.ts';
import { l0Method } from '../objective/l0.ts';
import { l2 } from '../objective/l2.ts';
import { plainPlan } from '../registry.ts';
import { adamw, weightDecayMethod } from './weight-decay.ts';

/** A loss with the constant gradient `g`. */
const linear =
  (g: Tensor) =>
  (p: Cell): Tensor =>
    sum(mul(g, p.read()));

/** First weights, a gradient and a learning rate. */
function startOf(draw: CaseDraw) {
  const n = draw.integer(1, 4);
  return { w: draw.tensor([n]), g: draw.tensor([n]), lr: real(draw, 0.01, 0.2) };
}

/** What decoupled weight decay promises, and how it differs from L2 under Adam. */
export const weightDecayLaws: readonly Law[] = [
  law({
    id: 'weight-decay/multiplies-without-gradient',
    statement:
      'Where the gradient is 0, each step of AdamW multiplies the weights by 1 - lr weightDecay.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })),
      lr: real(draw, 0.001, 0.5),
      weightDecay: real(draw, 0, 1),
    })),
    slack: ({ w, lr, weightDecay }) => {
      const [after] = runAdamw(w, linear(zerosLike(w)), 1, { lr, weightDecay });
      // w - lr (wd w) rounds three times, (1 - lr wd) w twice: 2 ulps of |w| at most.
      const want = Array.from(w.data(), (x) => (1 - lr * weightDecay) * x);
      return Math.min(...want.map((x, i) => withinUlps(after!.data()[i]!, x, 2, w.data()[i]!)));
    },
  }),
  law({
    id: 'weight-decay/ignores-gradient-scale',
    statement:
      'The decay does not depend on the size of the gradient: scaling the loss by 2^k (with eps = 0) leaves every step of AdamW as it is.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        w: draw.tensor([n], { avoid: [0] }),
        g: draw.tensor([n], { avoid: [0] }),
        power: draw.pick([-6, -3, 3, 6]),
        lr: real(draw, 0.01, 0.2),
        weightDecay: real(draw, 0.1, 1),
      };
    }),
    slack: ({ w, g, power, lr, weightDecay }) => {
      const options = { lr, weightDecay, eps: 0 };
      const plain = runAdamw(w, linear(g), 3, options);
      const scaled = runAdamw(w, linear(g.mul(2 ** power)), 3, options);
      return Math.min(...plain.map((x, i) => near(scaled[i]!, x, 1e-15)));
    },
  }),
  law({
    id: 'weight-decay/adam-with-l2-is-another-method',
    statement:
      'From w0 with a constant gradient that dominates, one step of Adam + L2 and one of AdamW differ by lr weightDecay w0, up to eps.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 4)], { min: 0.1, max: 3 }),
      size: draw.pick([0.1, 10]),
      lr: real(draw, 0.01, 0.2),
      weightDecay: real(draw, 0.1, 1),
    })),
    slack: ({ w, size, lr, weightDecay }) => {
      // Both gradients are positive, so the coupled step is lr whatever weightDecay is.
      const loss = linear(zerosLike(w).add(size));
      const [coupled] = runAdam(w, loss, 1, { lr, weightDecay, eps: 1e-14 });
      const [decoupled] = runAdamw(w, loss, 1, { lr, weightDecay, eps: 1e-14 });
      return near(coupled!.sub(decoupled!), w.mul(lr * weightDecay), 1e-12);
    },
  }),
  law({
    id: 'weight-decay/same-without-decay',
    statement: 'Without decay Adam and AdamW are the same method, step by step.',
    cases: drawn(startOf),
    slack: ({ w, g, lr }) => {
      const options = { lr, weightDecay: 0 };
      const [a, b] = [runAdam(w, linear(g), 3, options), runAdamw(w, linear(g), 3, options)];
      return Math.min(...a.map((x, i) => exactly(x, b[i]!)));
    },
  }),
  law({
    id: 'weight-decay/adam-forgets-lambda',
    statement:
      'Adam on the penalty lambda sum w^2 alone: the first step is w - lr sign(w), whatever lambda is.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 4)], { avoid: [0] }),
      lambda: draw.pick([1e-3, 1, 50]),
      lr: real(draw, 0.01, 0.2),
    })),
    slack: ({ w, lambda, lr }) => {
      const [after] = runAdam(w, (p) => l2(p, { lambda }), 1, { lr, eps: 0 });
      return near(after!, w.sub(sign(w).mul(lr)), 1e-14);
    },
  }),
  law({
    id: 'weight-decay/keeps-equal-weights-equal',
    statement:
      'Under constant gradients (10, 0.1) AdamW shrinks both weights alike; Adam + L2 does not from the second step on.',
    cases: drawn((draw) => ({
      start: real(draw, 0.5, 2),
      lr: real(draw, 0.02, 0.1),
      weightDecay: real(draw, 0.2, 0.5),
    })),
    slack: ({ start, lr, weightDecay }) => {
      const w = tensor(Float64Array.of(start, start));
      const loss = (p: Cell): Tensor => sum(mul(tensor(Float64Array.of(10, 0.1)), p.read()));
      const spread = (x: Tensor): number => Math.abs(x.data()[0]! - x.data()[1]!);
      const options = { lr, weightDecay, eps: 1e-14 };
      const decoupled = runAdamw(w, loss, 4, options);
      const coupled = runAdam(w, loss, 4, options);
      return Math.min(
        ...decoupled.map((x) => near(spread(x), 0, 1e-11)),
        holds(spread(coupled[3]!) > 1e-6),
      );
    },
  }),
  law({
    id: 'weight-decay/coupled-decay-is-l2',
    statement:
      "Adam's own weightDecay is coupled: with 2 lambda it takes the steps of Adam on L + lambda sum w^2.",
    cases: drawn((draw) => ({ ...startOf(draw), lambda: real(draw, 0, 1) })),
    slack: ({ w, g, lr, lambda }) => {
      const inLoss = runAdam(w, (p) => add(linear(g)(p), l2(p, { lambda })), 3, { lr });
      const inAdam = runAdam(w, linear(g), 3, { lr, weightDecay: 2 * lambda });
      return Math.min(...inLoss.map((x, i) => near(x, inAdam[i]!, 1e-12)));
    },
  }),
  law({
    id: 'weight-decay/under-sgd-it-is-l2',
    statement:
      'Under SGD without momentum decoupled decay, coupled decay and the penalty weightDecay/2 ||w||^2 take the same steps.',
    cases: drawn((draw) => ({ ...startOf(draw), weightDecay: real(draw, 0, 1) })),
    slack: ({ w, g, lr, weightDecay }) => {
      const decoupled = runSgdw(w, linear(g), 3, { lr, weightDecay });
      const coupled = runSgd(w, linear(g), 3, { lr, weightDecay });
      const penalty = (p: Cell): Tensor => l2(p, { lambda: weightDecay, half: true });
      const inLoss = runSgd(w, (p) => add(linear(g)(p), penalty(p)), 3, { lr });
      return Math.min(
        ...decoupled.map((x, i) =>
          Math.min(near(coupled[i]!, x, 1e-15), near(inLoss[i]!, x, 1e-15)),
        ),
      );
    },
  }),
  law({
    id: 'weight-decay/momentum-parts-them',
    statement:
      'With momentum m coupled and decoupled decay agree at the first step and part at the second, by exactly lr m weightDecay w0.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return {
        w: draw.tensor([n], { avoid: [0] }),
        g: draw.tensor([n]),
        lr: real(draw, 0.01, 0.2),
        momentum: real(draw, 0.1, 0.9),
        weightDecay: real(draw, 0.1, 1),
      };
    }),
    slack: ({ w, g, lr, momentum, weightDecay }) => {
      const options = { lr, momentum, weightDecay };
      const [one, two] = runSgdw(w, linear(g), 2, options);
      const [first, second] = runSgd(w, linear(g), 2, options);
      return Math.min(
        near(first!, one!, 1e-15),
        near(two!.sub(second!), w.mul(lr * momentum * weightDecay), 1e-14),
      );
    },
  }),
  law({
    id: 'weight-decay/of-the-paper',
    statement:
      "The paper's decay is the learning rate times this one: with independentDecay, lr weightDecay takes the steps of weightDecay.",
    cases: drawn((draw) => ({ ...startOf(draw), weightDecay: real(draw, 0, 1) })),
    slack: ({ w, g, lr, weightDecay }) => {
      const scaled = runAdamw(w, linear(g), 3, { lr, weightDecay });
      const own = { lr, weightDecay: lr * weightDecay, independentDecay: true };
      const apart = runAdamw(w, linear(g), 3, own);
      return Math.min(...scaled.map((x, i) => near(apart[i]!, x, 1e-14)));
    },
  }),
  law({
    id: 'weight-decay/zero-strength',
    statement:
      'A decay of 0, a number or a cell, takes the steps of Adam even for infinite weights.',
    cases: drawn((draw) => ({
      g: draw.tensor([2]),
      infinite: draw.pick([Infinity, -Infinity]),
      held: draw.pick([true, false]),
    })),
    slack: ({ g, infinite, held }) => {
      const w = tensor(Float64Array.of(1, infinite));
      const weightDecay = held ? tensor(0, { dtype: 'float64' }) : 0;
      const [after] = runAdamw(w, linear(g), 1, { lr: 0.1, weightDecay });
      return exactly(after!, runAdam(w, linear(g), 1, { lr: 0.1 })[0]!);
    },
  }),
  law({
    id: 'weight-decay/recipe-takes-weights',
    statement:
      'In the recipe what has two axes or more decays by 1 - lr weightDecay; biases and the gates of L0 stay.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      lr: real(draw, 0.01, 0.1),
      weightDecay: real(draw, 0.1, 1),
    })),
    slack: ({ seed, lr, weightDecay }) => {
      const gated = l0Method.recipe({ ...plainPlan, network: { dtype: 'float64' } }, {});
      const { options } = configure(weightDecayMethod.recipe(gated, { weightDecay }), {
        task: { classes: 2, features: 3, imageShape: null, rows: 10 },
        hidden: [4],
        lr,
        seed,
        key: random.key(seed),
      });
      const { parameters } = options.optimizer;
      const values = Object.entries(parameters).map(([name, w]) => {
        w.write(w.read().add(1));
        return [name, w.read()] as const;
      });
      options.optimizer.apply(Object.fromEntries(values.map(([name, w]) => [name, zerosLike(w)])));
      const gates = values.filter(([name]) => name.endsWith('logAlpha'));
      return Math.min(
        holds(gates.length > 0),
        ...values.map(([name, w]) =>
          w.rank < 2
            ? exactly(parameters[name]!.read(), w)
            : near(parameters[name]!.read(), w.mul(1 - lr * weightDecay), 1e-14),
        ),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'weight-decay/amsgrad',
    statement:
      "With amsgrad Adam's direction is divided by the largest second moment so far, uncorrected as in PyTorch: it never falls.",
    cases: drawn((draw) => {
      const n = draw.integer(1, 3);
      const size = (): number => draw.pick([0.01, 1, 10]);
      return { grads: Array.from({ length: 5 }, () => draw.tensor([n]).mul(size())) };
    }),
    slack: ({ grads }) => {
      const transform = scaleByAdam({ amsgrad: true });
      let state = transform.init({ w: zerosLike(grads[0]!) });
      const m: number[] = Array(grads[0]!.size).fill(0);
      const [v, top] = [[...m], [...m]];
      const slacks = grads.map((g, k) => {
        const [{ w }, next] = transform.update({ w: g }, state, { w: g });
        const before = state.nuMax.w!.data();
        state = next;
        const want = Array.from(g.data(), (x, i) => {
          m[i] = 0.9 * m[i]! + 0.1 * x;
          v[i] = 0.999 * v[i]! + 0.001 * x * x;
          top[i] = Math.max(top[i]!, v[i]!);
          const spread = Math.sqrt(top[i]! / (1 - 0.999 ** (k + 1)));
          return m[i]! / (1 - 0.9 ** (k + 1)) / (spread + 1e-8);
        });
        const now = next.nuMax.w!.data();
        return Math.min(near(w!, want, 1e-12), holds(now.every((x, i) => x >= before[i]!)));
      });
      return Math.min(...slacks);
    },
  }),
  law({
    id: 'weight-decay/defaults',
    statement: 'Left out, AdamW decays by 0.01 and Adam not at all; the recipe decays by 0.5.',
    cases: drawn((draw) => ({ w: draw.tensor([2]), g: draw.tensor([2]), lr: real(draw, 0.1, 1) })),
    slack: ({ w, g, lr }) => {
      const [plain] = runAdamw(w, linear(g), 1, { lr });
      const [adam] = runAdam(w, linear(g), 1, { lr });
      return Math.min(
        exactly(plain!, runAdamw(w, linear(g), 1, { lr, weightDecay: 0.01 })[0]!),
        exactly(adam!, runAdam(w, linear(g), 1, { lr, weightDecay: 0 })[0]!),
        recipeTakes(weightDecayMethod, { weightDecay: 0.5 }),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'weight-decay/selected-and-independent',
    statement: 'Independent decay shrinks what the mask selects and nothing else.',
    cases: drawn((draw) => ({ w: draw.tensor([2, 2]), b: draw.tensor([2]) })),
    slack: ({ w, b }) => {
      const parameters = { w: parameter(w), b: parameter(b) };
      const still = { w: w.mul(0), b: b.mul(0) };
      const decay = (_name: string, x: Tensor): boolean => x.rank === 2;
      adamw(parameters, { weightDecay: 0.1, independentDecay: true, decay }).apply(still);
      return Math.min(
        near(parameters.w.read(), w.mul(0.9), 1e-14),
        exactly(parameters.b.read(), b),
      );
    },
    effort: 0.2,
  }),
  law({
    id: 'weight-decay/behind-changed-gradients',
    statement:
      'In a configured training Adam gets what all changes of gradients leave, and the decay is the same.',
    cases: drawn((draw) => ({
      lr: real(draw, 0.01, 0.5),
      weightDecay: real(draw, 0.1, 1),
      keeps: draw.integer(1, 2),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ lr, weightDecay, keeps, seed }) => {
      const clips = [1e-8, 1e-300].map((c) => () => clipByValue(c));
      const plan = weightDecayMethod.recipe(
        { ...plainPlan, network: { dtype: 'float64' }, gradients: clips.slice(0, keeps) },
        { weightDecay },
      );
      const { model, options } = configure(plan, {
        task: { classes: 2, features: 2, imageShape: null, rows: 3 },
        lr,
        seed,
        key: random.key(seed),
      });
      const parameters = model.namedParameters();
      const before = model.parameterValues();
      options.optimizer.apply(
        Object.fromEntries(Object.entries(before).map(([name, w]) => [name, w.mul(0).add(8)])),
      );
      return Math.min(
        ...Object.entries(before).map(([name, w]) => {
          // Adam's first step is lr g / (|g| + 1e-8).
          const g = keeps === 2 ? 1e-300 : 1e-8;
          const kept = w.rank < 2 ? w : w.mul(1 - lr * weightDecay);
          return near(parameters[name]!.read(), kept.sub((lr * g) / (g + 1e-8)), 1e-13);
        }),
      );
    },
    effort: 0.1,
  }),
];
