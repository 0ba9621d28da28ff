import { random } from '@tikhonov/core';
import { type Dataset, split, withLabelNoise } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adamw } from '@tikhonov/optim';
import { findMethod, plainPlan, type TrainingPlan } from '@tikhonov/regularizers';
import {
  accuracy,
  type Callback,
  evaluator,
  fit,
  NonFiniteError,
  negativeLogLikelihood,
} from '@tikhonov/train';
import { baseline, type CompareSettings, datasets, type MethodSetting } from './settings.ts';

/** One network to train: a method under one seed. */
export interface RunTask {
  readonly settings: Omit<CompareSettings, 'methods'>;
  readonly method: MethodSetting;
  readonly seed: number;
}

/** Accuracy (share in [0, 1]) and mean negative log-likelihood (nats) on one set. */
export interface Scores {
  readonly accuracy: number;
  readonly nll: number;
}

/** The state of a run at the end of an epoch. */
export interface CurvePoint {
  readonly epoch: number;
  readonly train: Scores;
  readonly test: Scores;
}

/** What one run gave. Everything but `seconds` depends on the task alone. */
export interface RunResult {
  readonly method: string;
  readonly seed: number;
  readonly epochs: number;
  readonly stopReason: string;
  readonly train: Scores;
  readonly test: Scores;
  readonly curve: readonly CurvePoint[];
  readonly seconds: number;
}

/** A run without a result: its loss became infinite or NaN, or its worker died. */
export interface RunFailure {
  readonly method: string;
  readonly seed: number;
  readonly failure: 'diverged' | 'crashed';
  /** One line: where it happened. */
  readonly message: string;
}

/** Whether a run gave no result. */
export const isFailure = (outcome: RunResult | RunFailure): outcome is RunFailure =>
  'failure' in outcome;

/** How often a run looks at the test set; evaluation is not what is being compared. */
const evaluations = 15;

/**
 * Trains one network. Split, label noise, initial weights and batches depend on the seed only, so
 * that runs of different methods under one seed form a pair. Divergence is an outcome, not an error.
 */
export async function runOne(task: RunTask): Promise<RunResult | RunFailure> {
  const diverged = (message: string): RunFailure => {
    const { method, seed } = task;
    return { method: method.id, seed, failure: 'diverged', message };
  };
  try {
    const result = await trainOne(task);
    const scores = [result, ...result.curve].flatMap(({ train, test }) => [train.nll, test.nll]);
    return scores.every(Number.isFinite) ? result : diverged('a loss is not finite');
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
    return diverged(error.message.split('\n')[0]!);
  }
}

async function trainOne({ settings, method, seed }: RunTask): Promise<RunResult> {
  const plan = planOf(method);
  const all = datasets[settings.dataset]!();
  const [clean, test] = split(all, {
    sizes: [settings.trainSize, all.size - settings.trainSize],
    seed,
  });
  const { dataset: noisy } = withLabelNoise(clean, { rate: settings.labelNoise, seed });
  const [train, validation] = holdOut(noisy, plan.validationFraction, seed);
  const started = performance.now();
  const model = mlp([all.x.shape[1]!, ...settings.hidden, all.classes!], { seed, ...plan.mlp });
  const key = random.foldIn(random.key(seed), method.id);
  const penalties = plan.penalties.map((make, i) => make(model, random.foldIn(key, i)));
  const optimizer = adamw(model, {
    lr: settings.learningRate,
    gradients: plan.gradients,
    weightDecay: plan.weightDecay,
  });
  const { compiled } = settings;
  const measure = evaluator(model, {
    loss: negativeLogLikelihood,
    metrics: { accuracy },
    compiled,
  });
  const scores = (data: Dataset): Scores => {
    const { loss, accuracy: share } = measure(data);
    return { accuracy: share, nll: loss };
  };
  const curve: CurvePoint[] = [];
  const every = Math.ceil(settings.epochs / evaluations);
  const recordCurve: Callback = {
    onEpochEnd(epoch) {
      if (epoch % every === 0) curve.push({ epoch, train: scores(noisy), test: scores(test) });
    },
  };
  const history = await fit(model, {
    train,
    ...(validation === null ? {} : { validation }),
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    optimizer,
    loss: (logits, labels) => crossEntropy(logits, labels, plan.loss),
    evaluationLoss: negativeLogLikelihood,
    penalties,
    metrics: {},
    compiled,
    seed,
    callbacks: [...plan.callbacks.map((make) => make()), recordCurve],
  });
  return {
    method: method.id,
    seed,
    epochs: history.epochs.length,
    stopReason: history.stopReason,
    train: scores(noisy),
    test: scores(test),
    curve,
    seconds: (performance.now() - started) / 1000,
  };
}

function planOf(method: MethodSetting): TrainingPlan {
  if (method.id === baseline) return plainPlan;
  return findMethod(method.id).recipe(plainPlan, method.values);
}

/** How many training examples a share is. */
export const heldOutSize = (size: number, fraction: number): number => Math.round(size * fraction);

/** The part trained on and the part that callbacks watch: both from the training set. */
function holdOut(data: Dataset, fraction: number, seed: number): [Dataset, Dataset | null] {
  if (fraction === 0) return [data, null];
  const size = heldOutSize(data.size, fraction);
  const [kept, held] = split(data, { sizes: [data.size - size, size], seed });
  return [kept, held];
}
