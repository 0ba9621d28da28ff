import { drawn, type Law, law } from '@tikhonov/check';
import {
  Cell,
  grad,
  logSoftmax,
  mean,
  oneHot,
  softmax,
  sum,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { crossEntropy, labelSmoothingMethod, smoothLabels } from './label-smoothing.ts';

interface Problem {
  /** `[n, classes]` */
  readonly logits: Tensor;
  readonly labels: Tensor;
  readonly classes: number;
  readonly smoothing: number;
}

const problem = (draw: CaseDraw): Problem => {
  const [n, classes] = [draw.integer(1, 4), draw.integer(2, 5)];
  return {
    logits: draw.tensor([n, classes]),
    labels: draw.integers([n], 0, classes - 1),
    classes,
    smoothing: draw.pick([0, real(draw, 0, 0.95)]),
  };
};

const rows = (labels: Tensor, options: Parameters<typeof smoothLabels>[1]): Tensor =>
  smoothLabels(labels, { ...options, dtype: 'float64' });

/** What label smoothing promises. */
export const labelSmoothingLaws: readonly Law[] = [
  law({
    id: 'label-smoothing/rows-sum-to-one',
    statement: 'Smoothed labels are probabilities: every row sums to 1, none is negative.',
    cases: drawn((draw) => ({ ...problem(draw), mode: draw.pick(['uniform', 'others'] as const) })),
    slack: ({ labels, classes, smoothing, mode }) => {
      const q = rows(labels, { classes, smoothing, mode });
      const totals = sum(q, { axis: 1 });
      return Math.min(
        near(totals, totals.mul(0).add(1), 1e-15 * classes),
        atMost(0, q.min().item() + 1e-300),
      );
    },
  }),
  law({
    id: 'label-smoothing/gradient',
    statement: 'The gradient with respect to the logits is (softmax - q) / N.',
    cases: drawn(problem),
    slack: ({ logits, labels, classes, smoothing }) => {
      const slope = grad((z: Tensor) => crossEntropy(z, labels, { labelSmoothing: smoothing }));
      const q = rows(labels, { classes, smoothing });
      return near(slope(logits), softmax(logits).sub(q).div(labels.size), 1e-14);
    },
  }),
  law({
    id: 'label-smoothing/two-forms',
    statement:
      'Spreading eps (K - 1) / K over the other classes is spreading eps over all of them.',
    cases: drawn(problem),
    slack: ({ labels, classes, smoothing }) =>
      near(
        rows(labels, { classes, smoothing: (smoothing * (classes - 1)) / classes, mode: 'others' }),
        rows(labels, { classes, smoothing, mode: 'uniform' }),
        1e-15,
      ),
  }),
  law({
    id: 'label-smoothing/pull-to-uniform',
    statement:
      'The loss is (1 - eps) CE + eps (KL(uniform || p) + log K): it pulls the prediction to the uniform one.',
    cases: drawn(problem),
    slack: ({ logits, labels, smoothing }) => {
      const plain = crossEntropy(logits, labels).item();
      // KL(u || p) + log K = -mean_k log p_k
      const pull = -mean(logSoftmax(logits)).item();
      const want = (1 - smoothing) * plain + smoothing * pull;
      return near(crossEntropy(logits, labels, { labelSmoothing: smoothing }), want, 1e-13);
    },
  }),
  law({
    id: 'label-smoothing/option-is-smoothed-rows',
    statement:
      "crossEntropy's labelSmoothing is the cross entropy with smoothLabels' rows as targets.",
    cases: drawn(problem),
    slack: ({ logits, labels, classes, smoothing }) =>
      near(
        crossEntropy(logits, labels, { labelSmoothing: smoothing }),
        crossEntropy(logits, rows(labels, { classes, smoothing })),
        1e-14,
      ),
  }),
  law({
    id: 'label-smoothing/optimum',
    statement:
      'The best logit gap is log(K (1 - eps) / eps + 1): there the gradient is 0, and the loss is the entropy of q.',
    cases: drawn((draw) => ({ classes: draw.integer(2, 6), smoothing: real(draw, 0.01, 0.9) })),
    slack: ({ classes, smoothing }) => {
      const labels = tensor(Int32Array.of(0));
      const gap = Math.log((classes * (1 - smoothing)) / smoothing + 1);
      const logits = tensor(
        Float64Array.from({ length: classes }, (_, k) => (k === 0 ? gap : 0)),
        { shape: [1, classes] },
      );
      const loss = (z: Tensor): Tensor => crossEntropy(z, labels, { labelSmoothing: smoothing });
      const q = Array.from(rows(labels, { classes, smoothing }).data());
      const entropy = q.reduce((h, x) => h - x * Math.log(x), 0);
      return Math.min(
        near(grad(loss)(logits), logits.mul(0), 1e-14),
        near(loss(logits), entropy, 1e-13),
      );
    },
  }),
  law({
    id: 'label-smoothing/optimum-others',
    statement:
      "In mode 'others' the best logit gap is log((1 - eps)(K - 1) / eps): there the gradient is 0, and the loss is the entropy of q.",
    cases: drawn((draw) => ({ classes: draw.integer(2, 6), smoothing: real(draw, 0.01, 0.9) })),
    slack: ({ classes, smoothing }) => {
      const labels = tensor(Int32Array.of(0));
      const gap = Math.log(((1 - smoothing) * (classes - 1)) / smoothing);
      const logits = tensor(
        Float64Array.from({ length: classes }, (_, k) => (k === 0 ? gap : 0)),
        { shape: [1, classes] },
      );
      const q = rows(labels, { classes, smoothing, mode: 'others' });
      const loss = (z: Tensor): Tensor => crossEntropy(z, q);
      const entropy = Array.from(q.data()).reduce((h, x) => h - x * Math.log(x), 0);
      return Math.min(
        near(grad(loss)(logits), logits.mul(0), 1e-14),
        near(loss(logits), entropy, 1e-13),
      );
    },
  }),
  law({
    id: 'label-smoothing/true-class-is-likelier',
    statement:
      "The true class has the largest target, by 1 - eps over each other ('uniform') or by 1 - eps K / (K - 1) ('others').",
    cases: drawn(problem),
    slack: ({ labels, classes, smoothing }) => {
      const leadOf = (mode: 'uniform' | 'others'): number[] => {
        const q = rows(labels, { classes, smoothing, mode }).data();
        return Array.from(labels.data(), (y, n) => {
          const other = (y + 1) % classes;
          return q[n * classes + y]! - q[n * classes + other]!;
        });
      };
      const all = (value: number): number[] => Array(labels.size).fill(value);
      return Math.min(
        near(leadOf('uniform'), all(1 - smoothing), 1e-14),
        near(leadOf('others'), all(1 - (smoothing * classes) / (classes - 1)), 1e-14),
      );
    },
  }),
  law({
    id: 'label-smoothing/zero-strength',
    statement: 'A smoothing of 0, a number or a cell, is the plain cross entropy in both forms.',
    cases: drawn((draw) => ({ ...problem(draw), held: draw.pick([true, false]) })),
    slack: ({ logits, labels, classes, held }) => {
      const smoothing = held ? new Cell(tensor(0, { dtype: 'float64' })) : 0;
      const plain = crossEntropy(logits, labels);
      const others = rows(labels, { classes, smoothing, mode: 'others' });
      return Math.min(
        near(crossEntropy(logits, labels, { labelSmoothing: smoothing }), plain, 1e-14),
        near(crossEntropy(logits, others), plain, 1e-14),
      );
    },
  }),
  law({
    id: 'label-smoothing/false-classes-are-pulled',
    statement:
      'Without smoothing too, the gradient of a false class is its probability / N, and not 0 as if the cross terms were dropped.',
    cases: drawn(problem),
    slack: ({ logits, labels, classes }) => {
      const slope = grad((z: Tensor) => crossEntropy(z, labels))(logits).data();
      const p = softmax(logits).data();
      const falseOnes = Array.from(p.keys()).filter(
        (k) => k % classes !== labels.data()[Math.floor(k / classes)],
      );
      return near(
        falseOnes.map((k) => slope[k]!),
        falseOnes.map((k) => p[k]! / labels.size),
        1e-14,
      );
    },
  }),
  law({
    id: 'label-smoothing/impossible-class',
    statement:
      'A logit of -Infinity on a false class costs Infinity as soon as anything is smoothed, and nothing without.',
    cases: drawn((draw) => ({ ...problem(draw), smoothing: real(draw, 0.01, 0.9) })),
    slack: ({ logits, labels, classes, smoothing }) => {
      const y = labels.data();
      const impossible = Array.from({ length: logits.size }, (_, k) => {
        const [n, c] = [Math.floor(k / classes), k % classes];
        return c === (y[n]! + 1) % classes;
      });
      const z = where(tensor(impossible, { shape: logits.shape }), -Infinity, logits);
      return Math.min(
        exactly(crossEntropy(z, labels, { labelSmoothing: smoothing }), Infinity),
        holds(Number.isFinite(crossEntropy(z, labels).item())),
      );
    },
  }),
  law({
    id: 'label-smoothing/rows-are-mixed',
    statement:
      'Rows of probabilities are mixed with the uniform one: eps of one-hot rows is eps of their labels, for smoothLabels and for the loss.',
    cases: drawn(problem),
    slack: ({ logits, labels, classes, smoothing }) => {
      const hard = oneHot(labels, classes, { dtype: 'float64' });
      const want = rows(labels, { classes, smoothing });
      return Math.min(
        near(smoothLabels(hard, { smoothing }), want, 1e-15),
        near(
          crossEntropy(logits, hard, { labelSmoothing: smoothing }),
          crossEntropy(logits, want),
          1e-14,
        ),
      );
    },
  }),
  law({
    id: 'label-smoothing/class-weights',
    statement:
      "With class weights w it is PyTorch's: the sum over the rows of -sum_k w_k q_k log p_k, divided by the sum of the weights of their labels; ignored rows are in neither.",
    cases: drawn((draw) => {
      const given = problem(draw);
      const [n, classes] = given.logits.shape as [number, number];
      return {
        ...given,
        weight: draw.tensor([classes], { min: 0.1, max: 3 }),
        ignored: draw.pick([-1, draw.integer(1, n)]),
      };
    }),
    slack: ({ logits, labels, classes, smoothing, weight, ignored }) => {
      // The first row always counts.
      const y = Array.from(labels.data(), (label, n) => (n === ignored ? -100 : label));
      const [logp, w] = [logSoftmax(logits).data(), weight.data()];
      let [total, divisor] = [0, 0];
      for (const [n, label] of y.entries()) {
        if (label === -100) continue;
        divisor += w[label]!;
        for (let k = 0; k < classes; k++) {
          const q = (k === label ? 1 - smoothing : 0) + smoothing / classes;
          total -= w[k]! * q * logp[n * classes + k]!;
        }
      }
      const options = { labelSmoothing: smoothing, weight, ignoreIndex: -100 };
      const loss = crossEntropy(logits, tensor(Int32Array.from(y)), options);
      return near(loss, total / divisor, 1e-13);
    },
  }),
  law({
    id: 'label-smoothing/defaults',
    statement:
      'Left out, smoothLabels mixes 0.1 of the uniform row in, as the recipe; the loss smooths nothing.',
    cases: drawn(problem),
    slack: ({ logits, labels, classes }) =>
      Math.min(
        exactly(
          rows(labels, { classes }),
          rows(labels, { classes, smoothing: 0.1, mode: 'uniform' }),
        ),
        exactly(crossEntropy(logits, labels), crossEntropy(logits, labels, { labelSmoothing: 0 })),
        recipeTakes(labelSmoothingMethod, { labelSmoothing: 0.1 }),
      ),
    effort: 0.3,
  }),
  law({
    id: 'label-smoothing/weighted-rows-of-probabilities',
    statement: 'Rows of probabilities count by the weights of the rows, as labels do.',
    cases: drawn((draw) => ({
      logits: draw.tensor([3, 3]),
      labels: draw.integers([3], 0, 2),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
    })),
    slack: ({ logits, labels, sampleWeight }) => {
      const options = { labelSmoothing: 0.1, sampleWeight };
      const rows = oneHot(labels, 3, { dtype: 'float64' });
      return near(
        crossEntropy(logits, rows, options),
        crossEntropy(logits, labels, options),
        1e-13,
      );
    },
    effort: 0.2,
  }),
];
