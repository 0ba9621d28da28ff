import { random } from '@tikhonov/core';
import type { Callback } from './callback.ts';
import { Controller, notify, notifyAll, yielder } from './controller.ts';
import { atEpoch, behind, type EpochPosition, meansAt } from './epoch-position.ts';
import { type CheckedEvaluator, type Metrics, makeEvaluator } from './evaluate.ts';
import { type FitOptions, type FitPlan, planOf } from './fit-options.ts';
import {
  type EpochRecord,
  type Evaluation,
  type History,
  lowestValidation,
  type NonFiniteReport,
} from './history.ts';
import { requireFunction } from './kinds.ts';
import type { Model } from './model.ts';
import { firstNonFinite, labelledCells, NonFiniteError } from './non-finite.ts';
import { RunCheckpoints } from './persistence/run-checkpoint.ts';
import { contextOf } from './train-context.ts';
import type { StepRows } from './train-item.ts';
import { type TrainStep, trainStep } from './train-step.ts';
import { unlessAborted } from './unless-aborted.ts';

/**
 * Trains a model: per batch one step of the optimizer on `loss + sum of penalties`, per epoch an
 * evaluation of the named sets and the callbacks.
 *
 * The same seed gives the same history and weights, to the last bit; another processor or engine may
 * round otherwise. Epoch `e` of a data set has the order of `foldIn(foldIn(key, 'shuffle'), e)`, step `s`
 * the forward key `foldIn(foldIn(key, 'forward'), s)`, both counted from 1; loaders have a key of their
 * own. The event loop turns about every 50 ms, so that signals and pages stay alive.
 *
 * Nothing trains on NaN: a loss that is not finite ends the training before the step changes anything,
 * and parameters are looked at after every epoch. So does the loss of a set that is evaluated, after
 * `onEpochEnd`, unless a callback such as `earlyStopping` has ended the training by then.
 *
 * Every call begins with epoch 1: in a loop of calls, orders and masks would be the same again and again.
 * `initialEpoch` says how many epochs lie behind, as in Keras:
 * `for (let e = 0; e < 10; e++) await fit(model, { ...options, initialEpoch: e, epochs: e + 1 })` is the
 * training of `epochs: 10`, with the same optimizer and up to what callbacks remember. (Of a function `train`, whose
 * epochs have no known length, and of batches whose rows all weigh 0, masks are others.)
 *
 * Steps and evaluations are compiled, each when it is first needed: one program for a step of `batchSize`
 * rows, and a second one if the last batch of an epoch has fewer (`dropLast` leaves it out, a loader with
 * `pad` fills it); of batches of a function, at most 8 sizes are compiled. Model, loss
 * and penalties are therefore called when a program is built and not at every step. What they make of
 * tensors and cells is recorded; numbers that they read from variables become constants, so a strength
 * that changes during the training lives in a `Cell`, which callbacks write to. `compiled: false` calls
 * them at every step. Both are the same training; sums may be added up in another order, so values
 * differ by roundings. What cannot be compiled is an error, never a slow step. Before the first step, loss and
 * metrics of evaluations are tried on some rows, uncompiled, as `evaluate` says.
 *
 * @param model  a module, or anything with `forward` and `namedCells`
 * @param options  see `FitOptions`; the seed's default is 0
 * @returns the epochs, why it ended, and which epoch was best
 * @throws NonFiniteError unless `onNonFinite` is `'stop'` or a callback says that it is no error; RangeError
 * or TypeError for bad options;
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
    const isTolerated = options.onNonFinite === 'stop' || training.toleratesNonFinite;
    if (!(isNonFinite && isTolerated)) throw failure.error;
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
  readonly #listeners: readonly Callback[];
  readonly #step: TrainStep;
  readonly #evaluator: CheckedEvaluator<Metrics>;
  #steps = 0;
  #saved: EpochPosition | null = null;
  #checkpoints: RunCheckpoints | null = null;
  #nonFinite: NonFiniteReport | null = null;
  /** Whether a callback has said that what is not finite is no error. */
  toleratesNonFinite = false;

  constructor(model: Model, plan: FitPlan) {
    this.#model = model;
    this.#plan = plan;
    this.#listeners = plan.callbacks.filter((callback) => callback.onBatchEnd !== undefined);
    const { initialEpoch, source } = plan;
    const key = random.foldIn(plan.key, 'forward');
    // Steps go on where the epochs before would have ended; of unknown ones at least the masks are others.
    const isUncounted = initialEpoch > 0 && source.length === null;
    this.#steps = initialEpoch * (source.length ?? 0);
    this.#step = trainStep({
      ...plan,
      model,
      key: isUncounted ? random.foldIn(key, initialEpoch) : key,
    });
    const { evaluationLoss: loss, metrics, compiled } = plan;
    this.#evaluator = makeEvaluator(model, { loss, metrics, compiled });
  }

  /** Trains until something ends it; returns what was thrown. */
  async run(): Promise<Failure | null> {
    try {
      for (const set of Object.values(this.#plan.sets)) this.#evaluator.check(set);
      this.#checkpoints = this.#openCheckpoints();
      const context = contextOf(this.#model, this.#plan);
      for (const callback of this.#plan.callbacks) {
        this.#begun.push(callback);
        await notify([callback], this.#plan.signal, () => callback.onTrainBegin?.(context));
      }
      let at = await this.#resumed();
      this.#plan.source.moveTo(at.epoch, at.batch);
      while (at.epoch <= this.#plan.epochs && this.#goesOn()) at = await this.#epoch(at);
      await this.#save(at);
      return null;
    } catch (error) {
      if (error instanceof NonFiniteError) this.#nonFinite = error.report;
      this.#control.stop(error instanceof NonFiniteError ? 'non-finite' : 'error');
      return { error };
    }
  }

  /** Lets every callback that began end; returns what they threw. */
  async end(): Promise<readonly unknown[]> {
    const problems = this.#nonFinite === null ? [] : await this.#ask(this.#nonFinite);
    const history = this.history();
    const more = await notifyAll(this.#begun, this.#plan.signal, (callback) =>
      callback.onTrainEnd?.(history, this.#control),
    );
    return [...problems, ...more];
  }

  /** Whether a callback takes what is not finite as an end; returns what they threw. */
  #ask(report: NonFiniteReport): Promise<readonly unknown[]> {
    return notifyAll(this.#begun, this.#plan.signal, async (callback) => {
      if ((await callback.onNonFinite?.(report)) === true) this.toleratesNonFinite = true;
    });
  }

  history(): History {
    return {
      epochs: [...this.#records],
      stopReason: this.#control.stopReason ?? 'completed',
      bestEpoch: this.#control.bestEpoch ?? lowestValidation(this.#records),
      restoredEpoch: this.#control.restoredEpoch,
      ...(this.#control.weightsReplaced ? { weightsReplaced: true } : {}),
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
    if (position === null) {
      const start = atEpoch(this.#plan.initialEpoch + 1);
      // What cannot be saved says so now. And what is on disk beside it, such as logs, belongs to this run.
      await this.#save(start);
      return start;
    }
    this.#steps = position.steps;
    this.#records.push(...position.records);
    this.#control.stopReason = position.stopReason;
    this.#control.bestEpoch = position.bestEpoch;
    this.#control.restoredEpoch = position.restoredEpoch;
    this.#saved = position;
    return position;
  }

  async #save(at: EpochPosition): Promise<void> {
    if (at === this.#saved) return;
    this.#saved = at;
    const { stopReason, bestEpoch, restoredEpoch } = this.#control;
    await this.#checkpoints?.save({
      ...at,
      steps: this.#steps,
      epochs: this.#plan.epochs,
      records: this.#records,
      // Who resumes an aborted training wants it to go on.
      stopReason: stopReason === 'aborted' ? null : stopReason,
      bestEpoch,
      restoredEpoch,
    });
  }

  /** Trains from a place in an epoch on; returns how far it came. */
  async #epoch(from: EpochPosition): Promise<EpochPosition> {
    const { callbacks, epochs, evaluateEvery, signal } = this.#plan;
    const control = this.#control;
    const { epoch } = from;
    if (from.batch === 0) {
      await notify(callbacks, signal, (callback) => callback.onEpochBegin?.(epoch, control));
      if (!this.#goesOn()) return { ...from };
    }
    const { at, isOver } = await this.#steppedThrough(from);
    if (!isOver) return at;
    const losses = meansAt(at);
    this.#checkParameters(epoch);
    const isDue = epoch % evaluateEvery === 0 || epoch === epochs;
    const evaluations = isDue ? this.#evaluateSets() : {};
    const record = { epoch, steps: this.#steps, ...losses, evaluations };
    this.#records.push(record);
    await notify(callbacks, signal, (callback) => callback.onEpochEnd?.(epoch, record, control));
    await this.#breathe();
    if (!isDue && control.stopReason !== null) {
      const late = { ...record, evaluations: this.#evaluateSets() };
      this.#records[this.#records.length - 1] = late;
      await notify(callbacks, signal, (callback) =>
        callback.onLateEvaluation?.(epoch, late, control),
      );
    }
    this.#checkEvaluations();
    const next = atEpoch(epoch + 1);
    if (this.#goesOn() && this.#checkpoints?.isDueAfterEpoch(epoch)) await this.#save(next);
    return next;
  }

  /** The steps of an epoch from a place on; it is not over if something ended the training. */
  async #steppedThrough(
    from: EpochPosition,
  ): Promise<{ readonly at: EpochPosition; readonly isOver: boolean }> {
    const { source, signal } = this.#plan;
    const reader = source.open(from.epoch, from.batch);
    let at = from;
    try {
      while (at.batch !== source.length) {
        if (!this.#goesOn()) return { at, isOver: false };
        const next = reader.next();
        const rows = next instanceof Promise ? await unlessAborted(next, signal) : next;
        if (next instanceof Promise && !this.#goesOn()) return { at, isOver: false };
        if (rows === null) break;
        const step = this.#stepped(rows, at);
        at = step.at;
        // Waiting for nothing would still cost a turn of the queue at every step.
        if (step.told !== undefined) await step.told;
        const breath = this.#breathe();
        if (breath !== undefined) await breath;
        const isLast = at.batch === source.length;
        if (!isLast && this.#checkpoints?.isDueAfterStep(this.#steps)) await this.#save(at);
      }
    } finally {
      reader.close();
    }
    return { at, isOver: true };
  }

  /** One step; rows that all weigh 0 have no mean to go down, and make none. */
  #stepped(
    rows: StepRows,
    from: EpochPosition,
  ): { readonly at: EpochPosition; readonly told: Promise<void> | undefined } {
    const { epoch } = from;
    if (rows.weight === 0) {
      const at = behind(from, 0, { dataLoss: 0, penalty: 0 });
      this.#plan.source.moveTo(epoch, at.batch);
      return { at, told: undefined };
    }
    this.#steps += 1;
    const losses = this.#step(rows, { epoch, step: this.#steps });
    const at = behind(from, rows.weight, losses);
    this.#plan.source.moveTo(epoch, at.batch);
    if (this.#listeners.length === 0) return { at, told: undefined };
    const logs = { epoch, batch: at.batch, size: rows.size, ...losses };
    const told = notify(this.#listeners, this.#plan.signal, (callback) =>
      callback.onBatchEnd?.(this.#steps, logs, this.#control),
    );
    return { at, told };
  }

  /** The last step's gradient may have been bad although its loss was not. */
  #checkParameters(epoch: number): void {
    const found = firstNonFinite(labelledCells(this.#model.namedCells()));
    if (found !== undefined) throw new NonFiniteError({ epoch, step: this.#steps, ...found });
  }

  /** A loss of a set that is not finite ends the training, unless a callback has. */
  #checkEvaluations(): void {
    const { epoch, steps, evaluations } = this.#records.at(-1)!;
    for (const [set, { loss }] of Object.entries(evaluations)) {
      if (Number.isFinite(loss)) continue;
      const report = { epoch, step: steps, tensor: `loss of the set '${set}'`, value: loss };
      const reason = this.#control.stopReason;
      if (reason === null) throw new NonFiniteError(report);
      if (reason === 'non-finite') this.#nonFinite = report;
      return;
    }
  }

  #evaluateSets(): Record<string, Evaluation> {
    const sets = Object.entries(this.#plan.sets);
    return Object.fromEntries(sets.map(([name, set]) => [name, this.#evaluator.evaluate(set)]));
  }
}
