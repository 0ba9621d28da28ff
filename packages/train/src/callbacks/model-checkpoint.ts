import { stopGradient, type Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import type { Callback, TrainContext } from '../callback.ts';
import { type EpochRecord, recordValue } from '../history.ts';
import type { Model } from '../model.ts';
import type { CheckpointStore } from '../persistence/checkpoint-store.ts';
import { requireWritable, writeFileAtomically } from '../persistence/files.ts';
import { nodeFiles } from '../persistence/node-modules.ts';
import { saveSafetensors } from '../persistence/safetensors.ts';
import { isBetter, type MonitorMode, modeOf, requireMonitored } from './monitor.ts';
import { bad, requireCounts } from './numbers.ts';
import { pathTemplate } from './path-template.ts';
import { savedState } from './saved-state.ts';

/** Options of `modelCheckpoint`. */
export interface ModelCheckpointOptions {
  /**
   * The path of a file (Node only; its folder must exist) in which `{epoch}`, `{steps}` and names of
   * monitored values stand for their numbers, written with a format if there is one:
   * `weights-{epoch:03d}-{validation.loss:.2f}.safetensors`. Or a store of bytes.
   */
  readonly to: string | Pick<CheckpointStore, 'save'>;
  /** What decides with `saveBestOnly`. @defaultValue 'validation.loss' */
  readonly monitor?: string;
  /** Whether low or high values are good; `auto` tells by the name. @defaultValue 'auto' (Keras) */
  readonly mode?: MonitorMode;
  /** Whether only weights better than all before are saved. @defaultValue false (Keras) */
  readonly saveBestOnly?: boolean;
  /** With `saveBestOnly`: what the first value must beat. @defaultValue none */
  readonly initialValueThreshold?: number;
  /** Epochs between two looks, >= 1. @defaultValue 1 */
  readonly everyEpochs?: number;
}

const known: OptionNames<ModelCheckpointOptions> = {
  to: true,
  monitor: true,
  mode: true,
  saveBestOnly: 'boolean',
  initialValueThreshold: true,
  everyEpochs: true,
};

/** What was saved: plain data. */
export interface ModelCheckpointState {
  /** The best value so far with `saveBestOnly`. */
  readonly best: number | null;
  /** The epoch that was saved last. */
  readonly savedEpoch: number | null;
  /** Where to, if that is a path. */
  readonly savedPath: string | null;
}

/** The callback, with its state for inspection and saving. */
export interface ModelCheckpoint extends Callback {
  /** What was saved; plain data. */
  readonly state: ModelCheckpointState;
}

/**
 * Saves the model after epochs as a safetensors file: parameters and running state under the names of
 * `stateDict()`, which are PyTorch's; epoch, steps and values of the epoch as texts in its header. A file is
 * replaced as a whole or not at all. With `saveBestOnly` it is saved when the monitored value is better
 * than ever before; ties and NaN are not. Epochs that lack a value which the path or `saveBestOnly` needs are
 * passed over. To resume a training take `checkpoint` of `fit`, which saves the optimizer and everything
 * else, too.
 *
 * @throws RangeError or TypeError for an option out of range
 * @throws Error at the beginning of the training for names of values that there are not
 * @see `Module.loadStateDict`, `loadSafetensorsFile`
 * @example
 * ```ts
 * const { mkdtemp, readdir } = await import('node:fs/promises');
 * const { tmpdir } = await import('node:os');
 * const folder = await mkdtemp(`${tmpdir()}/`);
 * const model = new nn.Linear(1, 1, { seed: 0 });
 * await train.fit(model, {
 *   train: { x: tensor([[1], [2]]), y: tensor([[2], [4]]) },
 *   epochs: 4,
 *   optimizer: optim.sgd(model, { lr: 0.1 }),
 *   loss: nn.mse,
 *   callbacks: [train.modelCheckpoint({ to: `${folder}/{epoch:02d}.safetensors`, everyEpochs: 2 })],
 * });
 * (await readdir(folder)).sort(); // => ['02.safetensors', '04.safetensors']
 * const { tensors } = await train.loadSafetensorsFile(`${folder}/04.safetensors`);
 * model.loadStateDict(tensors).missing; // => []
 * ```
 */
export function modelCheckpoint(options: ModelCheckpointOptions): ModelCheckpoint {
  if (typeof options === 'string') {
    throw new TypeError(
      `modelCheckpoint: options must be an object, got '${String(options)}'. Did you mean { to: '${String(options)}' }?`,
    );
  }
  requireOptions('modelCheckpoint', options, known);
  const { to, monitor = 'validation.loss', saveBestOnly = false, everyEpochs = 1 } = options;
  const { initialValueThreshold = null } = options;
  const mode = saveBestOnly ? modeOf('modelCheckpoint', monitor, options.mode) : 'min';
  requireCounts('modelCheckpoint', 1, { everyEpochs });
  requireThreshold(initialValueThreshold, saveBestOnly);
  const target = targetOf(to);
  const initial = { best: initialValueThreshold, savedEpoch: null, savedPath: null };
  let state: ModelCheckpointState = initial;
  let model: Model | undefined;
  const onEpochEnd = async (epoch: number, record: EpochRecord): Promise<void> => {
    const values = new Map(target.names.map((name) => [name, placeValue(record, name)]));
    const isComplete = [...values.values()].every((value) => value !== undefined);
    if (epoch % everyEpochs !== 0 || !isComplete) return;
    const value = recordValue(record, monitor);
    if (saveBestOnly) {
      if (value === undefined || Number.isNaN(value)) return;
      if (state.best !== null && !isBetter(value, state.best, { mode, minDelta: 0 })) return;
    }
    const bytes = saveSafetensors(valuesOf(model!), { metadata: metadataOf(record) });
    const savedPath = await target.save(bytes, (name) => values.get(name)!);
    state = { best: saveBestOnly ? value! : null, savedEpoch: epoch, savedPath };
  };
  return {
    get state() {
      return state;
    },
    async onTrainBegin(context) {
      if (saveBestOnly) requireMonitored('modelCheckpoint', monitor, context);
      requireNames(target.names, context);
      await target.check();
      model = context.model;
      state = initial;
    },
    onEpochEnd,
    // Of the same weights, with values in the path or the header that they did not have yet.
    onLateEvaluation: onEpochEnd,
    stateDict: () => ({ ...state }),
    loadStateDict(saved) {
      const was = savedState('modelCheckpoint', saved, ['best', 'savedEpoch', 'savedPath']);
      state = was as typeof was & ModelCheckpointState;
    },
  };
}

/** Where files go. */
interface Target {
  /** The values that it needs. */
  readonly names: readonly string[];
  /** Throws if nothing could be saved: epochs would be lost before the first file said so. */
  check(): Promise<void>;
  /** Returns the path, if there is one. */
  save(bytes: Uint8Array, numberOf: (name: string) => number): Promise<string | null>;
}

function targetOf(to: ModelCheckpointOptions['to']): Target {
  if (typeof to === 'string') {
    const { names, fill, sample } = pathTemplate('modelCheckpoint', to);
    return {
      names,
      async check() {
        if (sample === null) nodeFiles('modelCheckpoint');
        else await requireWritable('modelCheckpoint', sample);
      },
      async save(bytes, numberOf) {
        const path = fill(numberOf);
        await writeFileAtomically(path, bytes);
        return path;
      },
    };
  }
  if (typeof to?.save !== 'function') {
    throw new TypeError(
      `modelCheckpoint: \`to\` must be a path, or a store with save, got ${kindOf(to)}.\n  For example { to: 'model-{epoch}.safetensors' }.`,
    );
  }
  return {
    names: [],
    async check() {},
    async save(bytes) {
      await to.save(bytes);
      return null;
    },
  };
}

function requireThreshold(threshold: number | null, saveBestOnly: boolean): void {
  if (threshold === null) return;
  if (!saveBestOnly) {
    throw new TypeError(
      'modelCheckpoint: initialValueThreshold is for saveBestOnly, which is off.\n  Pass saveBestOnly: true, or leave it out.',
    );
  }
  if (typeof threshold === 'number' && !Number.isNaN(threshold)) return;
  throw bad('modelCheckpoint: initialValueThreshold must be a number', threshold);
}

function requireNames(names: readonly string[], { monitored }: TrainContext): void {
  const known = ['epoch', 'steps', ...monitored];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Error(
    `modelCheckpoint: nothing is called '${unknown}', as the path says; there is ${known.join(', ')}.`,
  );
}

const placeValue = (record: EpochRecord, name: string): number | undefined =>
  name === 'epoch' || name === 'steps' ? record[name] : recordValue(record, name);

const valuesOf = (model: Model): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(model.namedCells()).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

function metadataOf({ epoch, steps, dataLoss, penalty, evaluations }: EpochRecord): {
  [name: string]: string;
} {
  const evaluated = Object.entries(evaluations).flatMap(([set, values]) =>
    Object.entries(values).map(([name, value]) => [`${set}.${name}`, String(value)]),
  );
  const own = Object.entries({ epoch, steps, dataLoss, penalty });
  return Object.fromEntries([...own.map(([name, value]) => [name, String(value)]), ...evaluated]);
}
