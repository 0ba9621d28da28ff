import {
  add,
  astype,
  Cell,
  mul,
  noGrad,
  type Parameter,
  stopGradient,
  type Tensor,
  tensor,
  withValues,
} from '@tikhonov/core';
import { mapNamed } from '../named.ts';
import { type OptimizerTarget, parametersOf } from '../target.ts';
import type { Named } from '../transform.ts';

/** How an average starts, takes in weights and is read; `t` counts what it has taken in, float64 `[]`. */
export interface AverageRule {
  readonly start: (w: Tensor) => Tensor;
  /** Share of the average that stays in an update, float64 `[]`; read once for all parameters. */
  readonly share?: () => Tensor;
  readonly take: (average: Tensor, w: Tensor, t: Tensor, share: Tensor) => Tensor;
  /** Whether the product of all shares so far is kept for `read`, which has 1 otherwise. */
  readonly remembers?: boolean;
  readonly read: (average: Tensor, w: Tensor, t: Tensor, left: Tensor) => Tensor;
}

const one = (): Tensor => tensor(1, { dtype: 'float64' });

/**
 * An average of a model's parameters over training, made by `ema` or `swa`. Call `update` after each step,
 * in compiled steps as well. Running statistics of batch norms are not averaged: compute them anew for the
 * averaged weights.
 */
export class ParameterAverage {
  /** What is averaged, by name. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly #rule: AverageRule;
  readonly #count: Cell;
  readonly #averages: Readonly<Record<string, Cell>>;
  readonly #left: Cell | null;

  /**
   * @param target  a model, or parameters by name
   * @param rule  what kind of average it is
   */
  constructor(target: OptimizerTarget, rule: AverageRule) {
    this.parameters = parametersOf(target);
    this.#rule = rule;
    this.#count = new Cell(tensor(0, { dtype: 'int32' }), { name: 'count' });
    this.#averages = Object.fromEntries(
      Object.entries(this.parameters).map(([name, w]) => [
        name,
        new Cell(rule.start(stopGradient(w.read())), { name: `average.${name}` }),
      ]),
    );
    this.#left = rule.remembers === true ? new Cell(one(), { name: 'left' }) : null;
  }

  /** Its cells, for what saves them by itself: `count`, the averages by name, and what debiasing needs. */
  get state(): {
    readonly count: Cell;
    readonly average: Readonly<Record<string, Cell>>;
    readonly left?: Cell;
  } {
    const own = { count: this.#count, average: this.#averages };
    return this.#left === null ? own : { ...own, left: this.#left };
  }

  /** Takes in the present parameters. */
  update(): void {
    noGrad(() => {
      const count = add(this.#count.read(), 1);
      const t = astype(count, 'float64');
      const share = this.#rule.share?.() ?? one();
      const next = Object.entries(this.#averages).map(
        ([name, cell]) =>
          [cell, this.#rule.take(cell.read(), this.parameters[name]!.read(), t, share)] as const,
      );
      for (const [cell, value] of next) cell.write(value);
      this.#left?.write(mul(this.#left.read(), share));
      this.#count.write(count);
    });
  }

  /** The averages by name; of parameters never taken in, their present values. */
  values(): Named {
    return noGrad(() => {
      const t = astype(this.#count.read(), 'float64');
      const left = this.#left?.read() ?? one();
      return mapNamed(this.#read(this.#averages), (average, name) =>
        this.#rule.read(average, this.parameters[name]!.read(), t, left),
      );
    });
  }

  /** Calls `body` with the averages in the parameters, and puts the parameters back. */
  use<T>(body: () => T): T {
    return withValues(this.parameters, this.values(), body);
  }

  /** Writes the averages into the parameters, for good. */
  copyTo(): void {
    for (const [name, value] of Object.entries(this.values())) this.parameters[name]!.write(value);
  }

  /** Count and averages by name; debiased ones with what is left of the start. */
  stateDict(): Record<string, Tensor> {
    const cells = this.#cells();
    return Object.fromEntries(cells.map((cell) => [cell.name, cell.read()]));
  }

  /**
   * Restores what `stateDict` returned; nothing changes if it does not fit.
   *
   * @throws Error naming entries that are missing; ShapeError or DTypeError for those that do not fit
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    const cells = this.#cells();
    const missing = cells.filter(({ name }) => !Object.hasOwn(state, name));
    const known = new Set(cells.map(({ name }) => name));
    const other = Object.keys(state).filter((name) => !known.has(name));
    if (missing.length + other.length > 0) {
      throw new Error(
        `ParameterAverage.loadStateDict: missing ${list(missing.map(({ name }) => name))}, unexpected ${list(other)}.\n` +
          '  Was it saved from the same average of the same model?',
      );
    }
    // Into cells of their own first, which refuse what does not fit.
    for (const cell of cells) new Cell(cell.read(), { name: cell.name }).write(state[cell.name]!);
    for (const cell of cells) cell.write(state[cell.name]!);
  }

  #cells(): readonly Cell[] {
    const left = this.#left === null ? [] : [this.#left];
    return [this.#count, ...Object.values(this.#averages), ...left];
  }

  #read(cells: Readonly<Record<string, Cell>>): Named {
    return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.read()]));
  }
}

const list = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ') || 'none';
