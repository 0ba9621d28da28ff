import { drawn, type Law, law } from '@tikhonov/check';
import { oneHot, random, type Tensor, tensor } from '@tikhonov/core';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { rowsLaw } from '../laws/recipe-parts.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { disturbLabelMethod, disturbLabels } from './disturb-label.ts';

const int = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

/** What label noise within the step promises. */
export const disturbLabelLaws: readonly Law[] = [
  law({
    id: 'disturb-label/is-label-smoothing',
    statement:
      'In expectation over the draws the cross entropy is that of label smoothing with eps = rate.',
    cases: drawn((draw) => {
      const classes = draw.integer(2, 5);
      return {
        logits: draw.tensor([1, classes]),
        label: draw.integer(0, classes - 1),
        rate: real(draw, 0, 0.95),
      };
    }),
    slack: ({ logits, label, rate }) => {
      const classes = logits.shape[1]!;
      // One row that is not hit, and one for each class that may replace its label.
      const hits = tensor([false, ...Array<boolean>(classes).fill(true)]);
      const replacements = int([0, ...Array(classes).keys()]);
      const labels = int(Array(classes + 1).fill(label));
      const y = disturbLabels(labels, { rate, classes, hits, replacements });
      const losses = Array.from(y.data(), (one) => crossEntropy(logits, int([one])).item());
      const [kept, ...replaced] = losses as [number, ...number[]];
      const mean = replaced.reduce((a, b) => a + b, 0) / classes;
      const smooth = crossEntropy(logits, int([label]), { labelSmoothing: rate });
      return near((1 - rate) * kept + rate * mean, smooth, 1e-13);
    },
  }),
  law({
    id: 'disturb-label/rate',
    statement:
      'A share of rate (1 - 1/K) of the labels is wrong in a step, within six standard errors, and all false classes occur equally often.',
    cases: drawn((draw) => ({
      classes: draw.integer(2, 4),
      rate: draw.pick([0, 0.1, 0.5, 1]),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ classes, rate, seed }) => {
      const n = 1000;
      const key = random.key(seed);
      const y = disturbLabels(int(Array(n).fill(0)), { rate, classes, key }).data();
      const p = rate / classes;
      const spread = 6 * Math.sqrt(n * p * (1 - p));
      const counts = Array.from(
        { length: classes - 1 },
        (_, k) => y.filter((c) => c === k + 1).length,
      );
      if (rate === 0) return exactly(counts, Array(classes - 1).fill(0));
      return Math.min(...counts.map((count) => 1 - Math.abs(count - n * p) / spread));
    },
  }),
  law({
    id: 'disturb-label/rows-as-labels',
    statement: 'Rows of probabilities are disturbed as their labels are: replaced by one-hot rows.',
    cases: drawn((draw) => {
      const [n, classes] = [draw.integer(1, 5), draw.integer(1, 4)];
      return {
        labels: draw.integers([n], 0, classes - 1),
        classes,
        rate: draw.pick([0, 0.5, 1]),
        seed: draw.integer(0, 1e6),
      };
    }),
    slack: ({ labels, classes, rate, seed }) => {
      const rowsOf = (y: Tensor): Tensor => oneHot(y, classes, { dtype: 'float64' });
      const options = { rate, classes, key: random.key(seed) };
      return exactly(
        disturbLabels(rowsOf(labels), options),
        rowsOf(disturbLabels(labels, options)),
      );
    },
  }),
  law({
    id: 'disturb-label/refuses-other-labels',
    statement: 'A label beyond the classes is refused, hit or not.',
    cases: drawn((draw) => ({ bad: draw.pick([-1, 3, 7]), seed: draw.integer(0, 1e6) })),
    slack: ({ bad, seed }) => {
      const options = { rate: 0.5, classes: 3, key: random.key(seed) };
      const error = thrown(() => disturbLabels(int([0, bad]), options));
      return holds(error instanceof RangeError && error.message.includes('[0, 3)'));
    },
    effort: 0.25,
  }),
  law({
    id: 'disturb-label/zero-strength',
    statement: 'A rate of 0 changes no label.',
    cases: drawn((draw) => ({
      labels: draw.integers([draw.integer(1, 6)], 0, 3),
      seed: draw.integer(0, 1e6),
    })),
    slack: ({ labels, seed }) =>
      exactly(disturbLabels(labels, { rate: 0, classes: 4, key: random.key(seed) }), labels),
  }),
  rowsLaw(disturbLabelMethod, (batch, { rate }, key) => ({
    ...batch,
    y: disturbLabels(batch.y, { rate: rate!, classes: 3, key }),
  })),
];
