import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  arange,
  equal,
  expandDims,
  full,
  indexSelect,
  less,
  matmul,
  mul,
  random,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
  zerosLike,
} from '@tikhonov/core';
import { decisionLaws } from '../laws/decisions.ts';
import { real } from '../laws/draws.ts';
import { type Rated, rateLaw } from '../laws/rates.ts';
import { branchOf, gatesOf, modes, problem, scales } from '../laws/residual-block.ts';
import { exactly, near } from '../laws/slack.ts';
import { linearDecaySurvival } from './block-rates.ts';
import { depthDistribution } from './depth-distribution.ts';
import { dropPath } from './drop-path.ts';
import { StochasticDepth } from './stochastic-depth.ts';
import { certainDepthLaws } from './stochastic-depth-certain.laws.ts';
import { type StochasticDepthOptions, stochasticDepth } from './stochastic-depth-function.ts';
import { stochasticDepthLayerLaws } from './stochastic-depth-layer.laws.ts';

/** What stochastic depth promises. */
export const stochasticDepthLaws: readonly Law[] = [
  law({
    id: 'stochastic-depth/depth-distribution',
    statement:
      'The distribution of the depth is that of all 2^L networks; its mean is the sum of the survival probabilities, for the linear decay L - (1 - pL) (L + 1) / 2, where pL is 1/2 by default.',
    cases: drawn((draw) => ({
      survival: Array.from({ length: draw.integer(1, 6) }, () => real(draw, 0, 1)),
      last: draw.pick([0.5, real(draw, 0, 1)]),
    })),
    slack: ({ survival, last }) => {
      const count = survival.length;
      const want = new Float64Array(count + 1);
      for (let code = 0; code < 2 ** count; code++) {
        const open = survival.map((_, l) => (code >> l) & 1);
        const depth = open.reduce((a, b) => a + b, 0);
        want[depth]! += survival.reduce((p, s, l) => p * (open[l] === 1 ? s : 1 - s), 1);
      }
      const mean = (pmf: Tensor): number =>
        sum(mul(pmf, arange(count + 1, { dtype: 'float64' }))).item();
      const decay = mean(depthDistribution(linearDecaySurvival(count, last)));
      return Math.min(
        near(depthDistribution(survival), want, 1e-13),
        near(
          mean(depthDistribution(survival)),
          survival.reduce((a, b) => a + b, 0),
          1e-13,
        ),
        near(decay, count - ((1 - last) * (count + 1)) / 2, 1e-13),
        last === 0.5 ? near(decay, (3 * count - 1) / 4, 1e-13) : 1,
        last === 0.5 ? exactly(linearDecaySurvival(count), linearDecaySurvival(count, 0.5)) : 1,
      );
    },
  }),
  law({
    id: 'stochastic-depth/linear-blocks',
    statement:
      'Of linear blocks without activations the network of evaluation is exactly the mean over all 2^L networks of training, however branches are scaled.',
    cases: drawn((draw) => {
      const [count, d] = [draw.integer(1, 4), 2];
      return {
        x: draw.tensor([2, d]),
        ws: Array.from({ length: count }, () => draw.tensor([d, d])),
        survival: Array.from({ length: count }, () => real(draw, 0.2, 1)),
        scale: draw.pick(scales),
      };
    }),
    slack: ({ x, ws, survival, scale }) => {
      const through = (options: (l: number) => StochasticDepthOptions): Tensor =>
        ws.reduce(
          (h, w, l) =>
            stochasticDepth(h, (y) => matmul(y, w), {
              survival: survival[l]!,
              scale,
              ...options(l),
            }),
          x,
        );
      let mean = zerosLike(x);
      for (let code = 0; code < 2 ** ws.length; code++) {
        const open = ws.map((_, l) => (code >> l) & 1);
        const probability = survival.reduce((p, s, l) => p * (open[l] === 1 ? s : 1 - s), 1);
        const y = through((l) => ({ training: true, gates: tensor(open[l]!) }));
        mean = add(mean, mul(y, probability));
      }
      // Divided by a probability of 0.2, four times over, numbers are some 10^5.
      return near(
        mean,
        through(() => ({})),
        1e-9,
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'stochastic-depth/one-block',
    statement:
      'A block adds f, or f / s if it scales in training, with an open gate and nothing with a closed one; in evaluation s f, or f: the mean of both.',
    cases: drawn(problem),
    slack: ({ x, w, survival, scale, mode }) => {
      const f = branchOf(w);
      const at = (options: StochasticDepthOptions): Tensor =>
        stochasticDepth(x, f, { survival, scale, mode, ...options }).sub(x);
      const gates = (open: number): Tensor => gatesOf(mode, x.shape[0]!, open);
      const [open, closed] = [1, 0].map((k) => at({ training: true, gates: gates(k) }));
      const [factor, evaluated] = scale === 'eval' ? [1, survival] : [1 / survival, 1];
      return Math.min(
        near(open!, f(x).mul(factor), 1e-13),
        exactly(closed!, zerosLike(x)),
        near(at({}), f(x).mul(evaluated), 1e-13),
        near(open!.mul(survival), at({}), 1e-13),
      );
    },
  }),
  ...certainDepthLaws,
  law({
    id: 'stochastic-depth/rows',
    statement:
      "Rows decided one by one and scaled by 'keep' are a residual block with DropPath, of the same key to the bit; a NaN in a dropped row stays there.",
    cases: drawn((draw) => ({
      x: draw.tensor([draw.integer(1, 4), 2]),
      w: draw.tensor([2, 2]),
      survival: real(draw, 0.1, 1),
      seed: draw.integer(0, 1000),
    })),
    slack: ({ x, w, survival, seed }) => {
      const options = { training: true, rng: random.key(seed) };
      const y = stochasticDepth(x, branchOf(w), {
        ...options,
        survival,
        mode: 'row',
        scale: 'keep',
      });
      // Rates of 1 - survival, so that both round alike.
      const p = 1 - survival;
      const want = x.add(dropPath(branchOf(w)(x), { ...options, p }));
      const none = tensor(new Float64Array(x.shape[0]!));
      const poisoned = stochasticDepth(x, (h) => h.div(0), {
        training: true,
        mode: 'row',
        gates: none,
      });
      return Math.min(near(y, want, 1e-14), exactly(poisoned, x));
    },
  }),
  law({
    id: 'stochastic-depth/gate',
    statement:
      'The branch is dropped iff the uniform draw is below 1 - survival, one draw for the batch.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), survival: real(draw, 0, 1) })),
    slack: ({ seed, survival }) => {
      const rng = random.key(seed);
      const u = random.uniform(rng, [], { dtype: 'float64' });
      const kept = less(u, 1 - survival).item() === 0;
      const one = tensor([1, 1, 1], { dtype: 'float64' });
      const y = stochasticDepth(one, (h) => h, { survival, training: true, rng });
      return exactly(y, one.mul(kept ? 2 : 1));
    },
  }),
  ...decisionLaws('stochastic-depth', (n, rng, dtype) =>
    stochasticDepth(full([n, 1, 2], 1, { dtype }), (h) => h, {
      survival: 0.4,
      mode: 'row',
      training: true,
      rng,
    }).sum({ axis: [1, 2] }),
  ),
  law({
    id: 'stochastic-depth/batch-order',
    statement: 'With given gates, rows in another order give the results in that order.',
    cases: drawn((draw) => {
      const n = draw.integer(1, 4);
      return { x: draw.tensor([n, 2]), gates: draw.booleans([n]), w: draw.tensor([2, 2]) };
    }),
    slack: ({ x, gates, w }) => {
      const n = x.shape[0]!;
      const back = tensor(Int32Array.from({ length: n }, (_, i) => n - 1 - i));
      const turned = (y: Tensor): Tensor => indexSelect(y, back);
      const apply = (rows: Tensor, open: Tensor): Tensor =>
        stochasticDepth(rows, branchOf(w), { mode: 'row', training: true, gates: open });
      const want = where(expandDims(gates, 1), x.add(branchOf(w)(x)), x);
      return Math.min(
        near(apply(x, gates), want, 1e-14),
        exactly(apply(turned(x), turned(gates)), turned(apply(x, gates))),
      );
    },
  }),
  rateLaw('stochastic-depth', {
    // The branch may be NaN, what it is added to is not.
    forms: modes.flatMap((mode) =>
      scales.map(
        (scale): Rated =>
          (x, survival, context) =>
            stochasticDepth(x, tanh, {
              survival,
              mode,
              scale,
              ...context,
              projection: (y) => where(equal(y, y), y, 0),
            }),
      ),
    ),
    input: (draw) => draw.tensor([2, 2]),
  }),
  law({
    id: 'stochastic-depth/evaluation',
    statement: 'Evaluation draws nothing: a key changes nothing and is not needed.',
    cases: drawn((draw) => ({ ...problem(draw), seed: draw.integer(0, 1000) })),
    slack: ({ x, w, survival, scale, mode, seed }) => {
      const layer = new StochasticDepth(branchOf(w), { survival, scale, mode });
      return exactly(layer.forward(x), layer.forward(x, { rng: random.key(seed) }));
    },
  }),
  ...stochasticDepthLayerLaws,
];
