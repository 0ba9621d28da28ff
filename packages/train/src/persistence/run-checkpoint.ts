import { Cell, stopGradient, Tensor } from '@tikhonov/core';
import { flattenTree, kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { FormatError } from '@tikhonov/data';
import type { Callback } from '../callback.ts';
import type { FitPlan } from '../fit-options.ts';
import type { EpochRecord } from '../history.ts';
import { requireIntegers } from '../kinds.ts';
import type { Model } from '../model.ts';
import { transacted } from '../transaction.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { CheckpointOptions } from './checkpoint-options.ts';
import { type CheckpointStore, fileStore } from './checkpoint-store.ts';
import { requireWritable } from './files.ts';
import { fingerprint } from './fingerprint.ts';
import { encodeData, type PlainData } from './plain-data.ts';

/** Where a training is between two steps. */
export interface RunPosition {
  /** The epoch that comes or is under way, from 1. */
  readonly epoch: number;
  /** Its batches that are done; what follows are sums over their rows, by weight. */
  readonly batch: number;
  readonly rows: number;
  readonly dataLoss: number;
  readonly penalty: number;
  /** Steps of all epochs. */
  readonly steps: number;
  /** How many the training was to have when this was saved. */
  readonly epochs: number;
  readonly records: readonly EpochRecord[];
  readonly stopReason: string | null;
  readonly bestEpoch: number | null;
  readonly restoredEpoch: number | null;
}

const known: OptionNames<CheckpointOptions> = {
  to: true,
  everyEpochs: 'number',
  everySteps: 'number',
  cells: true,
  resume: 'boolean',
};

/** Saves and resumes one training. */
export class RunCheckpoints {
  readonly #model: Model;
  readonly #plan: FitPlan;
  readonly #options: CheckpointOptions;
  readonly #store: CheckpointStore;

  /** @throws TypeError or RangeError for bad options, or an optimizer whose state cannot be saved */
  constructor(model: Model, plan: FitPlan, options: CheckpointOptions) {
    requireOptions('fit: checkpoint', options, known);
    this.#model = model;
    this.#plan = plan;
    this.#options = options;
    this.#store = typeof options.to === 'string' ? fileStore(options.to) : requireStore(options.to);
    const { everyEpochs = 1, everySteps = 1 } = options;
    requireIntegers('fit', 1, {
      'checkpoint.everyEpochs': everyEpochs,
      'checkpoint.everySteps': everySteps,
    });
    const { optimizer } = plan;
    if (
      typeof optimizer.stateDict !== 'function' ||
      typeof optimizer.loadStateDict !== 'function'
    ) {
      throw new TypeError(
        'fit: checkpoints need an optimizer with stateDict and loadStateDict.\n  Use one of optim, or add them.',
      );
    }
    for (const [name, cell] of Object.entries(options.cells ?? {})) {
      if (cell instanceof Cell) continue;
      throw new TypeError(`fit: checkpoint.cells.${name} must be a Cell, got ${kindOf(cell)}.`);
    }
  }

  /** Whether to save after this step, which does not end its epoch. */
  isDueAfterStep(steps: number): boolean {
    const { everySteps } = this.#options;
    return everySteps !== undefined && steps % everySteps === 0;
  }

  /** Whether to save after this epoch. */
  isDueAfterEpoch(epoch: number): boolean {
    return epoch % (this.#options.everyEpochs ?? 1) === 0;
  }

  /** Saves the training as it is now. */
  async save(position: RunPosition): Promise<void> {
    const { optimizer, callbacks } = this.#plan;
    const { records, ...rest } = position;
    const state = {
      run: runOf(this.#plan),
      position: { ...rest, records: records.map((record) => ({ ...record })) },
      callbacks: stateful(callbacks).map((callback) => callback.stateDict!() ?? null),
    };
    const tensors = {
      ...prefixed('model', valuesOf(this.#model.namedCells())),
      ...prefixed('optimizer', optimizer.stateDict!()),
      ...prefixed('source', this.#plan.source.stateDict()),
      ...prefixed('cells', valuesOf(this.#options.cells ?? {})),
      ...prefixed('penalties', valuesOf(penaltyCells(this.#plan))),
    };
    await this.#store.save(await encodeCheckpoint({ tensors, state }));
  }

  /**
   * Puts a saved training back, callbacks included; null if there is none.
   *
   * @throws Error, and changes nothing, if it is of another training, or nothing could be saved here
   */
  async resume(): Promise<RunPosition | null> {
    if (typeof this.#options.to === 'string') {
      await requireWritable('fit: checkpoint.to', this.#options.to);
    }
    if (this.#options.resume === false) return null;
    const bytes = await this.#store.load();
    if (bytes === null) return null;
    const checkpoint = await this.#decoded(bytes);
    const { position, states } = this.#checked(checkpoint);
    const parts = (prefix: string): Record<string, Tensor> =>
      unprefixed(prefix, checkpoint.tensors);
    const cells = {
      ...prefixed('model', this.#model.namedCells()),
      ...prefixed('cells', this.#options.cells ?? {}),
      ...prefixed('penalties', penaltyCells(this.#plan)),
    };
    const values = Object.fromEntries(
      ['model', 'cells', 'penalties'].flatMap((kind) =>
        Object.entries(prefixed(kind, parts(kind))),
      ),
    );
    requireSameCells(cells, values);
    const { source, optimizer, callbacks } = this.#plan;
    const ours = stateful(callbacks);
    const before = ours.map((callback) => callback.stateDict!());
    // All or nothing: who refuses a state, the last callback say, must find the model as it was.
    transacted(() => {
      let loaded = 0;
      try {
        for (; loaded < ours.length; loaded++) restoreCallback(ours[loaded]!, states[loaded]);
        optimizer.loadStateDict!(parts('optimizer'));
        for (const [name, cell] of Object.entries(cells)) cell.write(values[name]!);
        source.loadStateDict(parts('source'), position.epoch);
      } catch (error) {
        while (loaded-- > 0) restoreCallback(ours[loaded]!, before[loaded]);
        throw error;
      }
    })();
    return this.#goingOn(position, states);
  }

  /** The parts of a file; what cannot be read is named. */
  async #decoded(bytes: Uint8Array): Promise<Checkpoint> {
    try {
      return await decodeCheckpoint(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const [problem] = error.message.replace(/^\w+: /, '').split('\n');
      throw new FormatError(
        `fit: the checkpoint ${this.#place()} cannot be read: ${problem}\n  Give a copy of it, another path, or resume: false to begin anew.`,
        { cause: error },
      );
    }
  }

  /** What a callback ended is over, unless there are more epochs now or callbacks made in another way. */
  #goingOn(position: RunPosition, states: readonly PlainData[]): RunPosition {
    if (position.stopReason === null) return position;
    const isOther = stateful(this.#plan.callbacks).some(
      (callback, i) => settingsIn(callback.stateDict!()) !== settingsIn(states[i]),
    );
    const hasMore = this.#plan.epochs > position.epochs;
    return isOther || hasMore ? { ...position, stopReason: null } : position;
  }

  #place(): string {
    const { to } = this.#options;
    return typeof to === 'string' ? `'${to}'` : 'of the store';
  }

  #checked({ state }: Checkpoint): { position: RunPosition; states: readonly PlainData[] } {
    const { run, position, callbacks } = state as Record<string, PlainData>;
    if (!isRecord(run) || !isRecord(position) || !Array.isArray(callbacks)) {
      throw new FormatError(
        `fit: the checkpoint ${this.#place()} is not of a training.\n  Give another file, or resume: false.`,
      );
    }
    const ours = runOf(this.#plan);
    const count = stateful(this.#plan.callbacks).length;
    const differing = [...new Set([...Object.keys(ours), ...Object.keys(run)])].filter(
      (name) => JSON.stringify(ours[name]) !== JSON.stringify(run[name]),
    );
    if (differing.length > 0 || callbacks.length !== count) {
      const lines = differing.map(
        (name) => `${name}: ${JSON.stringify(run[name])} then, ${JSON.stringify(ours[name])} now`,
      );
      if (callbacks.length !== count) {
        lines.push(`callbacks with a state: ${callbacks.length} then, ${count} now`);
      }
      throw new Error(
        `fit: the checkpoint ${this.#place()} is of another training.\n  ${lines.join('\n  ')}\n  Pass the same options, another file, or resume: false.`,
      );
    }
    return { position: positionOf(position), states: callbacks };
  }
}

const isRecord = (value: PlainData): value is { readonly [name: string]: PlainData } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function positionOf(saved: { readonly [name: string]: PlainData }): RunPosition {
  const number = (name: string): number => {
    const value = saved[name];
    return typeof value === 'number' ? value : incomplete(name);
  };
  const numberOrNull = (name: string): number | null =>
    saved[name] === null ? null : number(name);
  const { records, stopReason } = saved;
  return {
    epoch: number('epoch'),
    batch: number('batch'),
    rows: number('rows'),
    dataLoss: number('dataLoss'),
    penalty: number('penalty'),
    steps: number('steps'),
    epochs: number('epochs'),
    records: Array.isArray(records) ? (records as readonly EpochRecord[]) : incomplete('records'),
    stopReason:
      stopReason === null || typeof stopReason === 'string' ? stopReason : incomplete('stopReason'),
    bestEpoch: numberOrNull('bestEpoch'),
    restoredEpoch: numberOrNull('restoredEpoch'),
  };
}

function incomplete(name: string): never {
  throw new FormatError(
    `fit: the checkpoint has no valid ${name}.\n  Give another file, or resume: false.`,
  );
}

/** What must be the same for a run to go on as if nothing had happened. */
const runOf = (plan: FitPlan): Record<string, PlainData> => ({
  ...plan.source.layout,
  ...(plan.source.examples === undefined ? {} : { data: fingerprint(plan.source.examples) }),
  key: [...plan.key.data()],
});

/** Callbacks that remember something; the others may come and go between a training and its resumption. */
const stateful = (callbacks: readonly Callback[]): readonly Callback[] =>
  callbacks.filter((callback) => callback.stateDict !== undefined);

/** How a callback was made, if its state says so. */
const settingsIn = (state: PlainData): string =>
  state instanceof Tensor || !isRecord(state)
    ? ''
    : encodeData('fit: checkpoint', state.settings).text;

function requireStore(to: CheckpointStore): CheckpointStore {
  if (typeof to?.load === 'function' && typeof to.save === 'function') return to;
  throw new TypeError(
    `fit: checkpoint.to must be a path, or a store with load and save, got ${kindOf(to)}.`,
  );
}

function restoreCallback(callback: Callback, state: PlainData): void {
  if (state === null || state === undefined) return;
  if (callback.loadStateDict === undefined) {
    throw new Error(
      'fit: the checkpoint has a state for a callback that takes none.\n  Pass the same callbacks in the same order.',
    );
  }
  callback.loadStateDict(state);
}

/** The cells that penalties own, by the penalty's place and their path. */
function penaltyCells({ penalties }: FitPlan): Record<string, Cell> {
  const found = penalties.flatMap(({ state }, i) => {
    if (state === undefined) return [];
    const { leaves, paths } = flattenTree<Cell>(state, `fit: penalties[${i}].state`);
    return leaves.map((cell, k) => [`${i}.${paths[k]!}`, cell] as const);
  });
  return Object.fromEntries(found);
}

const valuesOf = (cells: Readonly<Record<string, Cell>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

const prefixed = <T>(prefix: string, named: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [`${prefix}.${name}`, value]));

const unprefixed = (
  prefix: string,
  named: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(named)
      .filter(([name]) => name.startsWith(`${prefix}.`))
      .map(([name, value]) => [name.slice(prefix.length + 1), value]),
  );

/** Before anything is written. */
function requireSameCells(
  cells: Readonly<Record<string, Cell>>,
  values: Readonly<Record<string, Tensor>>,
): void {
  const describe = (x: Cell | Tensor | undefined): string =>
    x === undefined ? 'nothing' : `${x.dtype} [${x.shape.join(', ')}]`;
  const problems = [...new Set([...Object.keys(cells), ...Object.keys(values)])]
    .filter((name) => describe(cells[name]) !== describe(values[name]))
    .map(
      (name) =>
        `"${name}" holds ${describe(cells[name])}, the checkpoint ${describe(values[name])}`,
    );
  if (problems.length === 0) return;
  throw new Error(
    `fit: the checkpoint does not fit the model; nothing was changed.\n  ${problems.join('\n  ')}\n  Build the model as it was built then, or pass resume: false.`,
  );
}
