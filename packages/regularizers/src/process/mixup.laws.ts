import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, gather, mean, random, type Tensor, tensor, where } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { rowsLaw } from '../laws/recipe-parts.ts';
import { exactly, near } from '../laws/slack.ts';
import { mixup, mixupMethod } from './mixup.ts';

interface Problem {
  /** Logits of a network that is the identity, `[n, classes]`. */
  readonly x: Tensor;
  readonly y: Tensor;
  readonly classes: number;
  readonly lambda: number;
  readonly permutation: Tensor;
}

const problem = (draw: CaseDraw): Problem => {
  const [n, classes] = [draw.integer(1, 5), draw.integer(2, 4)];
  return {
    x: draw.tensor([n, classes]),
    y: draw.integers([n], 0, classes - 1),
    classes,
    lambda: draw.pick([0, 1, real(draw, 0, 1)]),
    permutation: random.permutation(random.key(draw.integer(0, 1e6)), n),
  };
};

/** What mixup promises. */
export const mixupLaws: readonly Law[] = [
  law({
    id: 'mixup/two-cross-entropies',
    statement:
      "The cross entropy with mixed labels is lambda times that with the own labels plus 1 - lambda times that with the partners'.",
    cases: drawn(problem),
    slack: ({ x, y, permutation, ...options }) => {
      const { lambda } = options;
      const mixed = mixup({ x, y }, { ...options, permutation });
      const partners = gather(y, permutation);
      const [own, other] = [y, partners].map((labels) => crossEntropy(mixed.x, labels).item());
      return near(crossEntropy(mixed.x, mixed.y), lambda * own! + (1 - lambda) * other!, 1e-13);
    },
  }),
  law({
    id: 'mixup/mixes-inputs',
    statement: 'Row i of the inputs is lambda x_i + (1 - lambda) x_j with j its partner.',
    cases: drawn(problem),
    slack: ({ x, y, permutation, ...options }) => {
      const { lambda, classes } = options;
      const [rows, partner] = [x.data(), permutation.data()];
      const want = Array.from(rows, (value, k) => {
        const [i, c] = [Math.floor(k / classes), k % classes];
        return lambda * value + (1 - lambda) * rows[partner[i]! * classes + c]!;
      });
      return near(mixup({ x, y }, { ...options, permutation }).x, want, 1e-15);
    },
  }),
  law({
    id: 'mixup/identity',
    statement: 'A share of 1, and a strength alpha of 0, leave inputs and labels as they are.',
    cases: drawn((draw) => ({ ...problem(draw), seed: draw.integer(0, 1e6) })),
    slack: ({ x, y, classes, permutation, seed }) => {
      const one = mixup({ x, y }, { classes, lambda: 1, permutation });
      const none = mixup({ x, y }, { classes, alpha: 0, key: random.key(seed) });
      const plain = crossEntropy(x, y);
      return Math.min(
        ...[one, none].flatMap((rows) => [
          exactly(rows.x, x),
          near(crossEntropy(rows.x, rows.y), plain, 1e-14),
        ]),
      );
    },
  }),
  law({
    id: 'mixup/keeps-means',
    statement: 'The mean input and the mean target of a batch stay: partners are a permutation.',
    cases: drawn((draw) => ({ ...problem(draw), seed: draw.integer(0, 1e6) })),
    slack: ({ x, y, classes, seed }) => {
      const rows = mixup({ x, y }, { classes, alpha: 1, key: random.key(seed) });
      const plain = mixup({ x, y }, { classes, alpha: 0, key: random.key(seed) });
      return Math.min(
        near(mean(rows.x, { axis: 0 }), mean(x, { axis: 0 }), 1e-14),
        near(mean(rows.y, { axis: 0 }), mean(plain.y, { axis: 0 }), 1e-14),
      );
    },
  }),
  law({
    id: 'mixup/weights',
    statement:
      'With weights of rows the loss is the mean of lambda w_i CE(y_i) + (1 - lambda) w_j CE(y_j), and rows of weight 0 are mixed with none.',
    cases: drawn((draw) => {
      const p = problem(draw);
      const n = p.y.size;
      // The first row counts, so that there is a mean.
      const off = Array.from({ length: n }, (_, i) => i > 0 && draw.integer(0, 3) === 0);
      const sampleWeight = where(tensor(off), 0, draw.tensor([n], { min: 0.1, max: 2 }));
      return { ...p, sampleWeight };
    }),
    slack: ({ x, y, sampleWeight, permutation, ...options }) => {
      const mixed = mixup({ x, y, sampleWeight }, { ...options, permutation });
      const weights = sampleWeight.data();
      const losses = (labels: Tensor): ArrayLike<number> =>
        crossEntropy(mixed.x, labels, { reduction: 'none' }).data();
      const [own, other] = [losses(y), losses(gather(y, permutation))];
      let [total, count] = [0, 0];
      for (const [i, j] of permutation.data().entries()) {
        const isMixed = weights[i]! > 0 && weights[j]! > 0;
        const share = isMixed ? options.lambda : 1;
        total += share * weights[i]! * own[i]! + (1 - share) * weights[j]! * other[i]!;
        count += share * weights[i]! + (1 - share) * weights[j]!;
      }
      const { sampleWeight: mixedWeights } = mixed;
      const got = crossEntropy(mixed.x, mixed.y, { sampleWeight: mixedWeights! });
      return near(got, total / count, 1e-12);
    },
  }),
  law({
    id: 'mixup/draws',
    statement:
      'Shares are drawn from Beta(alpha, alpha): of 400, mean 1/2 and variance 1 / (8 alpha + 4), within six standard errors.',
    cases: drawn((draw) => ({ alpha: draw.pick([0.2, 1, 4]), seed: draw.integer(0, 1e6) })),
    effort: 0.05,
    slack: ({ alpha, seed }) => {
      const n = 400;
      const row = {
        x: tensor(new Float64Array(1), { shape: [1, 1] }),
        y: tensor(new Float64Array(1)),
      };
      const shares = Array.from({ length: n }, (_, i) => {
        const key = random.foldIn(random.key(seed), i);
        return mixup(row, { alpha, key }).lambda.item() - 0.5;
      });
      const variance = 1 / (8 * alpha + 4);
      const moment = (power: number): number => shares.reduce((sum, d) => sum + d ** power, 0) / n;
      // The squared deviation is at most 1/4, so its variance is at most a quarter of its mean.
      const errors = [
        Math.abs(moment(1)) / Math.sqrt(variance / n),
        Math.abs(moment(2) - variance) / Math.sqrt(variance / 4 / n),
      ];
      return Math.min(...errors.map((error) => 1 - error / 6));
    },
  }),
  law({
    id: 'mixup/default-alpha',
    statement: 'Without alpha the share is drawn with 0.2.',
    cases: drawn((draw) => ({ ...problem(draw), seed: draw.integer(0, 1e6) })),
    slack: ({ x, y, classes, seed }) => {
      const key = random.key(seed);
      const [got, want] = [{}, { alpha: 0.2 }].map((given) =>
        mixup({ x, y }, { classes, key, ...given }),
      );
      return Math.min(exactly(got!.lambda, want!.lambda), exactly(got!.x, want!.x));
    },
    effort: 0.3,
  }),
  rowsLaw(mixupMethod, (batch, { alpha }, key) => mixup(batch, { alpha: alpha!, classes: 3, key })),
  law({
    id: 'mixup/defaults-and-cells',
    statement:
      'Alpha is 0.2 by default; one of 0 in a cell mixes nothing; shares and partners are drawn with keys of their own.',
    cases: drawn((draw) => ({ x: draw.tensor([4, 2]), seed: draw.integer(0, 1000) })),
    slack: ({ x, seed }) => {
      const key = random.key(seed);
      const alpha = new Cell(tensor(0, { dtype: 'float64' }));
      const share = random.beta(random.foldIn(key, 'lambda'), 0.2, 0.2, [], { dtype: 'float64' });
      return Math.min(
        exactly(mixup({ x, y: x }, { key }).x, mixup({ x, y: x }, { key, alpha: 0.2 }).x),
        exactly(mixup({ x, y: x }, { key, alpha }).x, x),
        near(mixup({ x, y: x }, { key }).lambda.mean(), share, 1e-14),
      );
    },
    effort: 0.2,
  }),
];
