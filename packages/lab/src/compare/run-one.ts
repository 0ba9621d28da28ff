import { createHash } from 'node:crypto';
import { type Parameter, random } from '@tikhonov/core';
import { type Dataset, split, withLabelNoise } from '@tikhonov/data';
import {
  type ConfiguredTraining,
  configure,
  findMethod,
  plainPlan,
  type TrainingPlan,
  type TrainingTask,
} from '@tikhonov/regularizers';
import {
  accuracy,
  type Callback,
  evaluator,
  fit,
  NonFiniteError,
  negativeLogLikelihood,
  penaltyShare,
} from '@tikhonov/train';
import { datasets, loadData } from './datasets.ts';
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
  /** How strong the penalties are on the first training rows; null for methods without any. */
  readonly penalty: { readonly value: number; readonly share: number } | null;
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
  /** A digest of the final parameters: equal for runs that ended at the same weights. */
  readonly weights: string;
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

/** How many test rows the curve is of, at most. */
const mostWatched = 2000;

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
  const { train: clean, test } = await loadData(settings.dataset, { ...settings, seed });
  const { dataset: noisy } = withLabelNoise(clean, { rate: settings.labelNoise, seed });
  const [train, validation] = holdOut(noisy, plan.validationFraction, seed);
  const started = performance.now();
  const { model, options } = configure(plan, {
    task: taskOf(settings.dataset, train),
    network: settings.network,
    lr: settings.learningRate,
    seed,
    key: random.foldIn(random.key(seed), method.id),
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
  const measurePenalty =
    options.penalties.length === 0
      ? null
      : penaltyShare(model, { ...objectiveOf(options), compiled });
  const strongest = train.subset(Math.min(train.size, settings.batchSize));
  const strength = (): CurvePoint['penalty'] => {
    if (measurePenalty === null) return null;
    const { penalty, share } = measurePenalty(strongest);
    return { value: penalty, share };
  };
  const watched = watchedOf(test, seed);
  const curve: CurvePoint[] = [];
  const every = Math.ceil(settings.epochs / evaluations);
  const recordCurve: Callback = {
    onEpochEnd(epoch) {
      if (epoch % every !== 0) return;
      curve.push({ epoch, train: scores(noisy), test: scores(watched), penalty: strength() });
    },
  };
  const history = await fit(model, {
    ...options,
    train,
    ...(validation === null ? {} : { validation }),
    epochs: settings.epochs,
    batchSize: settings.batchSize,
    evaluationLoss: negativeLogLikelihood,
    metrics: {},
    compiled,
    seed,
    callbacks: [...options.callbacks, recordCurve],
  });
  return {
    method: method.id,
    seed,
    epochs: history.epochs.length,
    stopReason: history.stopReason,
    train: scores(noisy),
    test: scores(test),
    curve,
    weights: digestOf(model.namedParameters()),
    seconds: (performance.now() - started) / 1000,
  };
}

/** The options that say what is minimised. */
const objectiveOf = ({ loss, penalties, transforms }: ConfiguredTraining['options']) => ({
  loss,
  penalties,
  transforms,
});

/** 64 bits of a hash of the parameters' bytes. */
function digestOf(parameters: Readonly<Record<string, Parameter>>): string {
  const hash = createHash('sha256');
  for (const parameter of Object.values(parameters)) {
    const values = parameter.read().data();
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Between epochs a part of a large test set tells enough, drawn at random: the order may mean something. */
function watchedOf(test: Dataset, seed: number): Dataset {
  if (test.size <= mostWatched) return test;
  return split(test, { sizes: [mostWatched, test.size - mostWatched], seed })[0]!;
}

/** What methods may need to know of the data. */
function taskOf(dataset: string, train: Dataset): TrainingTask {
  const { classes, imageShape } = datasets[dataset]!;
  return { classes, features: train.x.shape[1]!, imageShape, rows: train.size };
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
