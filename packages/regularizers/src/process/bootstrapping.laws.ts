import { drawn, type Law, law } from '@tikhonov/check';
import { argmax, grad, oneHot, softmax, sum, type Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { crossEntropy } from '@tikhonov/nn';
import { real } from '../laws/draws.ts';
import { lossLaw } from '../laws/recipe-parts.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { bootstrapLoss, bootstrappingMethod, bootstrapTargets } from './bootstrapping.ts';
import { entropyOfLogits } from './entropy.ts';

interface Problem {
  readonly logits: Tensor;
  readonly labels: Tensor;
  readonly beta: number;
}

const problem = (draw: CaseDraw): Problem => {
  const [n, classes] = [draw.integer(1, 4), draw.integer(2, 5)];
  return {
    logits: draw.tensor([n, classes]),
    labels: draw.integers([n], 0, classes - 1),
    beta: draw.pick([0, 1, real(draw, 0, 1)]),
  };
};

/** What bootstrapping promises. */
export const bootstrappingLaws: readonly Law[] = [
  law({
    id: 'bootstrapping/soft-gradient',
    statement:
      'In the soft form the gradient in the logits is beta (p - y) / N: the prediction in the target is a constant.',
    cases: drawn(problem),
    slack: ({ logits, labels, beta }) => {
      const y = oneHot(labels, logits.shape[1]!, { dtype: 'float64' });
      const want = softmax(logits)
        .sub(y)
        .mul(beta / labels.size);
      return near(grad((z: Tensor) => bootstrapLoss(z, labels, { beta }))(logits), want, 1e-14);
    },
  }),
  law({
    id: 'bootstrapping/hard-gradient',
    statement:
      'In the hard form it is (p - beta y - (1 - beta) z) / N with z the most probable class.',
    cases: drawn(problem),
    slack: ({ logits, labels, beta }) => {
      const [classes, dtype] = [logits.shape[1]!, 'float64'] as const;
      const y = oneHot(labels, classes, { dtype });
      const likeliest = oneHot(argmax(logits, { axis: 1 }), classes, { dtype });
      const q = y.mul(beta).add(likeliest.mul(1 - beta));
      const got = grad((x: Tensor) => bootstrapLoss(x, labels, { beta, mode: 'hard' }))(logits);
      return near(got, softmax(logits).sub(q).div(labels.size), 1e-14);
    },
  }),
  law({
    id: 'bootstrapping/value',
    statement: 'The soft loss is beta CE + (1 - beta) times the mean entropy of the predictions.',
    cases: drawn(problem),
    slack: ({ logits, labels, beta }) => {
      const entropy = entropyOfLogits(logits).mean().item();
      const want = beta * crossEntropy(logits, labels).item() + (1 - beta) * entropy;
      return near(bootstrapLoss(logits, labels, { beta }), want, 1e-13);
    },
  }),
  law({
    id: 'bootstrapping/targets',
    statement: 'Targets are probabilities: rows sum to 1, and none is negative.',
    cases: drawn((draw) => ({ ...problem(draw), mode: draw.pick(['soft', 'hard'] as const) })),
    slack: ({ logits, labels, beta, mode }) => {
      const q = bootstrapTargets(logits, labels, { beta, mode });
      return Math.min(
        near(sum(q, { axis: 1 }), Array(labels.size).fill(1), 1e-14),
        atMost(0, q.min().item() + 1e-300),
      );
    },
  }),
  law({
    id: 'bootstrapping/all-of-the-label',
    statement:
      'A share of 1 is the plain cross entropy, and labels and their one-hot rows are the same.',
    cases: drawn((draw) => ({ ...problem(draw), mode: draw.pick(['soft', 'hard'] as const) })),
    slack: ({ logits, labels, beta, mode }) => {
      const y = oneHot(labels, logits.shape[1]!, { dtype: 'float64' });
      return Math.min(
        near(bootstrapLoss(logits, labels, { beta: 1, mode }), crossEntropy(logits, labels), 1e-14),
        exactly(
          bootstrapTargets(logits, y, { beta, mode }),
          bootstrapTargets(logits, labels, { beta, mode }),
        ),
      );
    },
  }),
  law({
    id: 'bootstrapping/defaults',
    statement: 'The share of the label is 0.95 by default in the soft form, 0.8 in the hard one.',
    cases: drawn(problem),
    slack: ({ logits, labels }) =>
      Math.min(
        ...(
          [
            ['soft', 0.95],
            ['hard', 0.8],
          ] as const
        ).map(([mode, beta]) =>
          exactly(
            bootstrapTargets(logits, labels, { mode }),
            bootstrapTargets(logits, labels, { beta, mode }),
          ),
        ),
      ),
  }),
  lossLaw(
    bootstrappingMethod,
    (loss, { beta }) =>
      (output, y, weights) =>
        loss(output, bootstrapTargets(output, y, { beta: beta!, mode: 'hard' }), weights),
  ),
  law({
    id: 'bootstrapping/weights-and-cells',
    statement: 'Rows count by their weights, and a share in a tensor is that of a number.',
    cases: drawn((draw) => ({
      logits: draw.tensor([3, 3]),
      labels: draw.integers([3], 0, 2),
      sampleWeight: draw.tensor([3], { min: 0.5, max: 2 }),
      beta: draw.tensor([], { min: 0.1, max: 0.9 }),
    })),
    slack: ({ logits, labels, sampleWeight, beta }) => {
      const targets = bootstrapTargets(logits, labels, { beta: beta.item() });
      return near(
        bootstrapLoss(logits, labels, { beta, sampleWeight }),
        crossEntropy(logits, targets, { sampleWeight }),
        1e-14,
      );
    },
    effort: 0.2,
  }),
];
