import { random } from '@tikhonov/core';
import type { Dataset } from '@tikhonov/data';
import type { Callback, TrainContext } from './callback.ts';
import { Controller, notify, notifyAll, yielder } from './controller.ts';
import { evaluator } from './evaluate.ts';
import { type FitOptions, type FitPlan, planOf } from './fit-options.ts';
import {
  type EpochRecord,
  type Evaluation,
  type History,
  type NonFiniteReport,
  recordValue,
} from './history.ts';
import { requireFunction } from './kinds.ts';
import { type Minibatches, minibatches } from './minibatches.ts';
import type { Model } from './model.ts';
import { firstNonFinite, labelledCells, NonFiniteError } from './non-finite.ts';
import { RunCheckpoints, type RunPosition } from './persistence/run-checkpoint.ts';
import { type StepLosses, type TrainStep, trainStep } from './train-step.ts';

/**
 * Trains a model: per batch one step of the optimizer on `loss + sum of penalties`, per epoch an
 * evaluation of the named sets and the callbacks.
 *
 * The same seed gives the same history and weights, to the last bit; another processor or engine may
 * round otherwise. Epoch `e` has the order of `foldIn(foldIn(key, 'shuffle'), e)`, step `s` the forward
 * key `foldIn(foldIn(key, 'forward'), s)`, both counted from 1. The event loop turns about every 50 ms,
 * so that signals and pages stay alive.
 *
 * Nothing trains on NaN: a loss that is not finite ends the training before the step changes anything,
 * and parameters are looked at after every epoch.
 *
 * Steps and evaluations are compiled, each when it is first needed: one program for a step of `batchSize`
 * rows, and a second one if the last batch of an epoch has fewer (`dropLast` leaves it out). Model, loss
 * and penalties are therefore called when a program is built and not at every step. What they make of
 * tensors and cells is recorded; numbers that they read from variables become constants, so a strength
 * that changes during the training lives in a `Cell`, which callbacks write to. `compiled: false` calls
 * them at every step. Both are the same training; sums may be added up in another order, so values
 * differ by roundings. What cannot be compiled is an error, never a slow step.
 *
 * @param model  a module, or anything with `forward` and `namedCells`
 * @param options  see `FitOptions`; the seed's default is 0
 * @returns the epochs, why it ended, and which epoch was best
 * @throws NonFiniteError unless `onNonFinite` is `'stop'`; RangeError or TypeError for bad options;
 * TraceError if a step or an evaluation reads values or has an operation that cannot be compiled, both
 * of which `compiled: false` allows; whatever a callback, the model or the loss throws, after every
 * `onTrainEnd`
 * @example
 * ```ts
 * const { train: learn, test } = data.digits({ seed: 0, trainSize: 200 });
 * const model = nn.mlp([64, 16, 10], { seed: 0 });
 * const history = await train.fit(model, {
 *   train: learn,
 *   evaluateOn: { test },
 *   epochs: 3,
 *   optimizer: optim.adam(model, { lr: 0.01 }),
 *   loss: nn.crossEntropy,
 * });
 * history.stopReason; // => 'completed'
 * history.epochs.length; // => 3
 * ```
 */
export async function fit(model: Model, options: FitOptions): Promise<History> {
  requireModel(model);
  const training = new Training(model, planOf(options));
  const failure = await training.run();
  const problems = await training.end();
  const history = training.history();
  if (failure !== null) {
    const isNonFinite = failure.error instanceof NonFiniteError;
    if (isNonFinite) failure.error.history = history;
    if (!(isNonFinite && options.onNonFinite === 'stop')) throw failure.error;
  }
  if (problems.length > 0) throw problems[0];
  return history;
}

function requireModel(model: Model | undefined): void {
  const hint = 'The first argument is the model: fit(model, { train, ... }).';
  requireFunction('fit: model.forward', model?.forward, hint);
  requireFunction('fit: model.namedCells', model?.namedCells, hint);
}

/** What was thrown, whatever it is. */
interface Failure {
  readonly error: unknown;
}

class Training {
  readonly #model: Model;
  readonly #plan: FitPlan;
  readonly #control = new Controller();
  readonly #breathe = yielder();
  readonly #begun: Callback[] = [];
  readonly #records: EpochRecord[] = [];
  readonly #batches: Minibatches;
  readonly #step: TrainStep;
  readonly #evaluate: (examples: Dataset) => Evaluation;
  #steps = 0;
  #checkpoints: RunCheckpoints | null = null;
  #nonFinite: NonFiniteReport | null = null;

  constructor(model: Model, plan: FitPlan) {
    this.#model = model;
    this.#plan = plan;
    this.#batches = minibatches(plan.train, plan);
    this.#step = trainStep({ ...plan, model, key: random.foldIn(plan.key, 'forward') });
    const { evaluationLoss: loss, metrics, compiled } = plan;
    this.#evaluate = evaluator(model, { loss, metrics, compiled });
  }

  /** Trains until something ends it; returns what was thrown. */
  async run(): Promise<Failure | null> {
    try {
      this.#checkpoints = this.#openCheckpoints();
      const context = contextOf(this.#model, this.#plan, this.#batches.length);
      for (const callback of this.#plan.callbacks) {
        this.#begun.push(callback);
        await callback.onTrainBegin?.(context);
      }
      let from = await this.#resumed();
      for (let epoch = from.epoch; epoch <= this.#plan.epochs && this.#goesOn(); epoch++) {
        await this.#epoch(epoch, from);
        from = atEpoch(epoch + 1);
      }
      return null;
    } catch (error) {
      if (error instanceof NonFiniteError) this.#nonFinite = error.report;
      this.#control.stop(error instanceof NonFiniteError ? 'non-finite' : 'error');
      return { error };
    }
  }

  /** Lets every callback that began end; returns what they threw. */
  end(): Promise<readonly unknown[]> {
    const history = this.history();
    return notifyAll(this.#begun, (callback) => callback.onTrainEnd?.(history, this.#control));
  }

  history(): History {
    return {
      epochs: [...this.#records],
      stopReason: this.#control.stopReason ?? 'completed',
      bestEpoch: this.#control.bestEpoch ?? lowestValidation(this.#records),
      restoredEpoch: this.#control.restoredEpoch,
      nonFinite: this.#nonFinite,
    };
  }

  #goesOn(): boolean {
    if (this.#plan.signal?.aborted === true) this.#control.stop('aborted');
    return this.#control.stopReason === null;
  }

  #openCheckpoints(): RunCheckpoints | null {
    const { checkpoint } = this.#plan;
    if (checkpoint === undefined) return null;
    return new RunCheckpoints(this.#model, this.#plan, checkpoint);
  }

  /** Where to begin: at the first epoch, or where a checkpoint says, with everything as it was then. */
  async #resumed(): Promise<EpochPosition> {
    const position = (await this.#checkpoints?.resume()) ?? null;
    if (position === null) return atEpoch(1);
    this.#steps = position.steps;
    this.#records.push(...position.records);
    this.#control.stopReason = position.stopReason;
    this.#control.bestEpoch = position.bestEpoch;
    this.#control.restoredEpoch = position.restoredEpoch;
    return position;
  }

  async #save(at: EpochPosition): Promise<void> {
    const { stopReason, bestEpoch, restoredEpoch } = this.#control;
    await this.#checkpoints?.save({
      ...at,
      steps: this.#steps,
      records: this.#records,
      // Who resumes an aborted training wants it to go on.
      stopReason: stopReason === 'aborted' ? null : stopReason,
      bestEpoch,
      restoredEpoch,
    });
  }

  async #epoch(epoch: number, from: EpochPosition): Promise<void> {
    const { callbacks, epochs, evaluateEvery } = this.#plan;
    const control = this.#control;
    if (from.batch === 0) {
      await notify(callbacks, (callback) => callback.onEpochBegin?.(epoch, control));
      if (!this.#goesOn()) return;
    }
    const losses = await this.#steppedThrough(epoch, from);
    if (losses === null) return;
    const isDue = epoch % evaluateEvery === 0 || epoch === epochs;
    const evaluations = isDue ? this.#evaluateSets() : {};
    const record = { epoch, steps: this.#steps, ...losses, evaluations };
    this.#records.push(record);
    await notify(callbacks, (callback) => callback.onEpochEnd?.(epoch, record, control));
    await this.#breathe();
    if (!isDue && control.stopReason !== null) {
      this.#records[this.#records.length - 1] = { ...record, evaluations: this.#evaluateSets() };
    }
    const isLast = epoch === epochs || !this.#goesOn();
    if (isLast || this.#checkpoints?.isDueAfterEpoch(epoch)) await this.#save(atEpoch(epoch + 1));
  }

  /** All steps of an epoch; null if it was cut short. */
  async #steppedThrough(epoch: number, from: EpochPosition): Promise<StepLosses | null> {
    const { key, shuffle, callbacks } = this.#plan;
    const order = shuffle ? random.foldIn(random.foldIn(key, 'shuffle'), epoch) : null;
    const listeners = callbacks.filter((callback) => callback.onBatchEnd !== undefined);
    let { rows, dataLoss, penalty, batch: count } = from;
    for (const batch of this.#batches.pass(order, count)) {
      this.#steps += 1;
      count += 1;
      const losses = this.#step(batch, { epoch, step: this.#steps });
      rows += batch.size;
      dataLoss += batch.size * losses.dataLoss;
      penalty += batch.size * losses.penalty;
      if (listeners.length > 0) {
        const logs = { epoch, batch: count, size: batch.size, ...losses };
        // Waiting for nothing would still cost a turn of the queue at every step.
        const told = notify(listeners, (c) => c.onBatchEnd?.(this.#steps, logs, this.#control));
        if (told !== undefined) await told;
      }
      const breath = this.#breathe();
      if (breath !== undefined) await breath;
      const goesOn = this.#goesOn();
      if (count === this.#batches.length) break;
      if (!goesOn || this.#checkpoints?.isDueAfterStep(this.#steps)) {
        await this.#save({ epoch, batch: count, rows, dataLoss, penalty });
      }
      if (!goesOn) return null;
    }
    this.#checkParameters(epoch);
    return { dataLoss: dataLoss / rows, penalty: penalty / rows };
  }

  /** The last step's gradient may have been bad although its loss was not. */
  #checkParameters(epoch: number): void {
    const found = firstNonFinite(labelledCells(this.#model.namedCells()));
    if (found !== undefined) throw new NonFiniteError({ epoch, step: this.#steps, ...found });
  }

  #evaluateSets(): Record<string, Evaluation> {
    const sets = Object.entries(this.#plan.sets);
    return Object.fromEntries(sets.map(([name, set]) => [name, this.#evaluate(set)]));
  }
}

/** A place in an epoch, with the sums over the rows before it. */
type EpochPosition = Pick<RunPosition, 'epoch' | 'batch' | 'rows' | 'dataLoss' | 'penalty'>;

const atEpoch = (epoch: number): EpochPosition => ({
  epoch,
  batch: 0,
  rows: 0,
  dataLoss: 0,
  penalty: 0,
});

function contextOf(model: Model, plan: FitPlan, stepsPerEpoch: number): TrainContext {
  const { optimizer, epochs, batchSize, evaluateEvery, sets, metrics } = plan;
  const names = ['loss', ...Object.keys(metrics)];
  return {
    model,
    optimizer,
    epochs,
    batchSize,
    stepsPerEpoch,
    evaluateEvery,
    monitored: [
      ...['dataLoss', 'penalty', 'loss'],
      ...Object.keys(sets).flatMap((set) => names.map((name) => `${set}.${name}`)),
    ],
  };
}

function lowestValidation(records: readonly EpochRecord[]): number | null {
  let best: { epoch: number; value: number } | null = null;
  for (const record of records) {
    const value = recordValue(record, 'validation.loss') ?? Number.NaN;
    if (value < (best?.value ?? Infinity)) best = { epoch: record.epoch, value };
  }
  return best?.epoch ?? null;
}
