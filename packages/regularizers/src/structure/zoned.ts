import { random, type Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import { type ForwardContext, Module, type Strength } from '@tikhonov/nn';
import { unitStrength } from './keep-mask.ts';
import { zoneout } from './zoneout-function.ts';

/** Options of `Zoneout` and `ZoneoutCell`. */
export interface ZoneoutRates {
  /** Probability of keeping a hidden state, in [0, 1]. @defaultValue 0.05, as the paper's language models */
  readonly hidden?: Strength;
  /** Of an LSTM, that of keeping a cell state. @defaultValue 0.5, as the paper's language models */
  readonly cell?: Strength;
}

const known: OptionNames<ZoneoutRates> = { hidden: true, cell: true };

/** A recurrent module with its sizes. */
interface Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
}

type Kind = abstract new (...args: never) => Recurrent;

/** What zoneout may be put around. */
export interface ZonedKinds {
  /** Classes, that of an LSTM last. */
  readonly kinds: readonly [Kind, Kind, Kind];
  /** Their names, as one of which it is wanted: minifiers rename classes. */
  readonly names: string;
  /** What to do with something else. */
  readonly otherwise: string;
}

/** A recurrent module with the rates at which its states are kept. */
export abstract class Zoned<Layer extends Recurrent> extends Module {
  /** What it is put around. */
  readonly layer: Layer;
  /** If it is a cell, it is part of the module's state. */
  readonly hidden: Strength;
  /** `null` where there are no cell states. */
  readonly cell: Strength | null;
  readonly #name: string;

  constructor(name: string, layer: Layer, options: ZoneoutRates, which: ZonedKinds) {
    super();
    const { kinds, names, otherwise } = which;
    if (!kinds.some((kind) => layer instanceof kind)) {
      throw new TypeError(`${name}: needs ${names}, got ${seenAs(layer)}.\n  ${otherwise}`);
    }
    const { hidden, cell } = requireRates(name, options, layer instanceof kinds[2]);
    this.#name = name;
    this.layer = layer;
    this.hidden = hidden;
    this.cell = cell;
  }

  override describe(): string {
    return `${this.#name}(${this.layer.inputSize} -> ${this.layer.hiddenSize})`;
  }
}

const seenAs = (layer: unknown): string =>
  layer instanceof Module ? layer.describe() : kindOf(layer);

/** The rates of a layer; a TypeError for a rate of cell states where there are none. */
function requireRates(
  name: string,
  options: ZoneoutRates,
  hasCells: boolean,
): { readonly hidden: Strength; readonly cell: Strength | null } {
  requireOptions(name, options, known);
  const { hidden = 0.05 } = options;
  unitStrength(name, 'hidden', hidden, { closed: true });
  if (!hasCells) {
    if (options.cell === undefined) return { hidden, cell: null };
    throw new TypeError(
      `${name}: cell is for an LSTM, others have hidden states only.\n  Pass hidden alone.`,
    );
  }
  const { cell = 0.5 } = options;
  unitStrength(name, 'cell', cell, { closed: true });
  return { hidden, cell };
}

/** Zoneout of the states of a step: hidden ones, and behind them those of cells. */
export const zonedStates = (
  { hidden, cell }: { readonly hidden: Strength; readonly cell: Strength | null },
  before: readonly Tensor[],
  next: readonly Tensor[],
  { training = false, rng }: ForwardContext,
  step: string,
): readonly Tensor[] =>
  next.map((state, k) => {
    const p = k === 0 ? hidden : (cell ?? 0);
    const own =
      rng === undefined
        ? {}
        : { rng: random.foldIn(random.foldIn(rng, step), k === 0 ? 'h' : 'c') };
    return zoneout(before[k]!, state, { p, training, ...own });
  });
