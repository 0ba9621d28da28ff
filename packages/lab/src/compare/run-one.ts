import { random, type Tensor } from '@tikhonov/core';
import { type Dataset, loadDigits, split, withLabelNoise } from '@tikhonov/data';
import { crossEntropy, mlp } from '@tikhonov/nn';
import { adamw } from '@tikhonov/optim';
import { findMethod, plainPlan, type TrainingPlan } from '@tikhonov/regularizers';
import { accuracy, type EpochLogs, evaluate, fit } from '@tikhonov/train';
import { baseline, type CompareSettings, type MethodSetting } from './settings.ts';

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

/** How often a run looks at the test set; evaluation is not what is being compared. */
const evaluations = 20;

/**
 * Trains one network. Split, label noise, initial weights and batches depend on the seed only, so
 * that runs of different methods under one seed form a pair.
 */
export async function runOne(task: RunTask): Promise<RunResult> {
  const { settings, method, seed } = task;
  const plan = planOf(method);
  const all = loadDigits();
  const parts = split(all, {
    sizes: [settings.trainSize, all.size - settings.trainSize],
    seed,
  });
  const test = parts[1]!;
  const { dataset: noisy } = withLabelNoise(parts[0]!, { rate: settings.labelNoise, seed });
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
  const history = await fit(model, {
    train,
    ...(validation === null ? {} : { validation }),
    evaluateOn: { train: noisy, test },
    evaluateEvery: Math.max(1, Math.ceil(settings.epochs / evaluations)),
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    optimizer,
    loss: (logits: Tensor, labels: Tensor) => crossEntropy(logits, labels, plan.loss),
    penalties,
    metrics: { accuracy },
    seed,
    callbacks: plan.callbacks.map((make) => make()),
  });
  const seconds = (performance.now() - started) / 1000;
  const scores = (data: Dataset): Scores => {
    const result = evaluate(model, data, { loss: crossEntropy, metrics: { accuracy } });
    return { accuracy: result['accuracy']!, nll: result['loss']! };
  };
  return {
    method: method.id,
    seed,
    epochs: history.epochs.length,
    stopReason: history.stopReason,
    train: scores(noisy),
    test: scores(test),
    curve: history.epochs.flatMap(pointOf),
    seconds,
  };
}

function planOf(method: MethodSetting): TrainingPlan {
  if (method.id === baseline) return plainPlan;
  return findMethod(method.id).recipe(plainPlan, method.values);
}

/** The part trained on and the part that callbacks watch: both from the training set. */
function holdOut(data: Dataset, fraction: number, seed: number): [Dataset, Dataset | null] {
  if (fraction === 0) return [data, null];
  const size = Math.round(data.size * fraction);
  const [kept, held] = split(data, { sizes: [data.size - size, size], seed });
  return [kept!, held!];
}

function pointOf(logs: EpochLogs): CurvePoint[] {
  return [];
}
