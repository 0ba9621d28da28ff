import {
  add,
  astype,
  Cell,
  noGrad,
  type Parameter,
  ShapeError,
  stopGradient,
  Tensor,
  type Tree,
  tensor,
  valueAndGradWithAux,
} from '@tikhonov/core';
import { type Flat, flattenTree, kindOf, requireOptions } from '@tikhonov/core/engine';
import { describeKind, requireFit } from './fit.ts';
import { own } from './named.ts';
import { requireFinite } from './non-finite.ts';
import { nonNegative, requireNumber, requireScalar, type Scalar } from './scalars.ts';
import { type OptimizerTarget, parametersOf } from './target.ts';
import type { Named, Transform } from './transform.ts';

/**
 * A learning rate as a function of the steps taken so far: int32 `[]`, to a floating scalar `[]`. Written
 * in tensor operations, so that a compiled step follows it.
 */
export type Schedule = (count: Tensor) => Tensor;

/** A learning rate: a number, a 0-d cell that others may share and write, or a schedule. */
export type LearningRate = number | Cell | Schedule;

/** Options of `minimize`. */
export interface MinimizeOptions {
  /**
   * What to do with parameters that the loss does not depend on: throw and name them, or give them a
   * gradient of zeros. @defaultValue 'error'
   */
  readonly unreached?: 'error' | 'zeros';
}

/**
 * A transform bound to parameters: it keeps the state in cells and adds the updates to the parameters.
 * If anything throws during a step, parameters and state are as before it.
 *
 * @example
 * ```ts
 * const w = parameter(tensor([1, 2]));
 * const optimizer = optim.sgd({ w }, { lr: 0.1 });
 * optimizer.minimize(() => mul(w, w).sum()).item(); // => 5
 * w.read().toArray(); // => [0.8, 1.6]
 * optimizer.lr = 0.05;
 * optimizer.lr.read().item(); // => 0.05
 * ```
 */
export class Optimizer {
  /** What is trained, by name. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly #lr: Cell;
  readonly #advance: () => readonly (readonly [Cell, Tensor])[] = () => [];
  /** With a schedule: steps taken. */
  readonly #count: readonly Cell[] = [];
  readonly #transform: Transform;
  readonly #state: Flat<Tensor>;
  readonly #cells: readonly Cell[];

  /**
   * @param target  a model, or parameters by name
   * @param makeTransform  the transform for a learning rate
   * @param lr  number, a cell that others may share, or a schedule, whose rate of the next step the cell
   * `lr` then holds
   */
  constructor(target: OptimizerTarget, makeTransform: (lr: Scalar) => Transform, lr: LearningRate) {
    if (typeof lr === 'function') {
      const start = tensor(0, { dtype: 'int32' });
      const count = new Cell(start, { name: 'count' });
      const rate = (steps: Tensor): Tensor => {
        const made: unknown = lr(steps);
        if (made instanceof Tensor) return astype(made, 'float64');
        throw new TypeError(
          `Optimizer: the schedule must return a Tensor, got ${kindOf(made)}.\n  Its count is a Tensor.`,
        );
      };
      this.#count = [count];
      this.#advance = () => {
        const steps = add(count.read(), 1);
        return [
          [count, steps],
          [this.#lr, rate(steps)],
        ];
      };
      this.#lr = new Cell(rate(start), { name: 'lr' });
    } else if (typeof lr === 'number') {
      requireNumber('Optimizer', 'lr', lr, nonNegative);
      this.#lr = new Cell(tensor(lr, { dtype: 'float64' }), { name: 'lr' });
    } else this.#lr = lr;
    requireScalar('Optimizer', 'lr', this.#lr);
    this.parameters = parametersOf(target);
    this.#transform = makeTransform(this.lr);
    const state = noGrad(() => this.#transform.init(valuesOf(this.parameters)));
    this.#state = flattenTree<Tensor>(state, 'Optimizer state');
    this.#cells = this.#state.leaves.map(
      (leaf, i) => new Cell(leaf, { name: `state.${this.#state.paths[i]!}` }),
    );
  }

  /**
   * The learning rate, a 0-d cell (float64 unless a cell was given). Writing the cell, or assigning a
   * number, changes all steps from the next on. A schedule sets it anew at every step: then no number can
   * be assigned, and what is written into the cell holds for one step.
   *
   * @throws RangeError for a number that is negative or not finite; TypeError where there is a schedule
   */
  get lr(): Cell {
    return this.#lr;
  }

  set lr(value: number) {
    if (this.#count.length > 0) {
      throw new TypeError('Optimizer: the schedule sets lr.\n  Make it with a number instead.');
    }
    requireNumber('Optimizer', 'lr', value, nonNegative);
    this.#lr.write(tensor(value, { dtype: this.#lr.dtype }));
  }

  /**
   * One step on `f`: its gradient with respect to the parameters, and the update.
   *
   * @param f  reads the parameters, returns a scalar
   * @returns the loss before the step
   * @throws Error naming parameters that the loss does not depend on; TypeError unless `f` is a function
   * @throws NonFiniteUpdateError if a parameter would get NaN or an infinity; nothing changes
   */
  minimize(f: () => Tensor, options: MinimizeOptions = {}): Tensor {
    requireLoss(f);
    return this.minimizeWithAux(() => [f(), null] as const, options)[0];
  }

  /**
   * As `minimize`, for a function that returns the loss and anything else beside it.
   *
   * @example
   * ```ts
   * const w = parameter(tensor(3));
   * const step = () => [mul(w, w), { was: w.read() }] as const;
   * const [loss, aux] = optim.sgd({ w }, { lr: 0.1 }).minimizeWithAux(step);
   * aux.was.item(); // => 3
   * ```
   */
  minimizeWithAux<Aux>(
    f: () => readonly [Tensor, Aux],
    options: MinimizeOptions = {},
  ): readonly [Tensor, Aux] {
    requireLoss(f);
    requireOptions('Optimizer.minimize', options, { unreached: true });
    const { unreached = 'error' } = options;
    const differentiate = valueAndGradWithAux(
      (_parameters: Readonly<Record<string, Parameter>>) => f(),
      { createGraph: false, unreached },
    );
    const [result, grads] = differentiate(this.parameters);
    this.apply(grads);
    return result;
  }

  /**
   * One step from the gradients that `backward()` left in the parameters; those without one stay as they
   * are.
   *
   * @throws Error if none has a gradient
   */
  step(): void {
    const found = Object.entries(this.parameters).flatMap(([name, { grad }]) =>
      grad === null ? [] : [[name, grad] as const],
    );
    if (found.length === 0) {
      throw new Error(
        'Optimizer.step: no parameter has a gradient.\n  Call loss.backward() first.',
      );
    }
    this.apply(Object.fromEntries(found));
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of Object.values(this.parameters)) parameter.zeroGrad();
  }

  /**
   * One step from given gradients.
   *
   * @param grads  by parameter name, of the parameters' shapes and dtypes; missing ones are skipped
   * @throws TypeError for unknown names; ShapeError or DTypeError for gradients that do not fit
   * @throws NonFiniteUpdateError if a parameter would get NaN or an infinity; nothing changes
   */
  apply(grads: Named): void {
    requireFit('Optimizer.apply', 'gradient', this.parameters, grads);
    noGrad(() => {
      const params = valuesOf(this.parameters);
      const state = this.#state.rebuild<Tree<Tensor>>(this.#cells.map((cell) => cell.read()));
      const [updates, next] = this.#transform.update(grads, state, params);
      requireFit('Optimizer.apply', 'update', this.parameters, updates);
      requireFinite(updates);
      const writes = Object.entries(updates).map(
        ([name, update]) => [this.parameters[name] as Cell, add(params[name]!, update)] as const,
      );
      const leaves = flattenTree<Tensor>(next, 'Optimizer state').leaves;
      if (String(leaves.map(describeKind)) !== String(this.#cells.map(describeKind))) {
        throw new ShapeError("Optimizer.apply: the transform's state is unlike its init's.");
      }
      writes.push(...this.#cells.map((cell, i) => [cell, leaves[i]!] as const));
      writes.push(...this.#advance());
      // Everything that can throw lies above: from here on all cells are rebound.
      for (const [cell, value] of writes) cell.write(value);
    });
  }

  /** Learning rate and state by name. Parameters are saved with their model. */
  stateDict(): Record<string, Tensor> {
    return valuesOf(this.#named());
  }

  /**
   * Restores what `stateDict` returned; nothing changes if anything does not fit. Of parsed JSON, make
   * tensors first: `tensor(value)` for every entry.
   *
   * @throws Error naming all missing, unexpected and misfitting entries
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    if (typeof state !== 'object' || state === null) {
      throw new TypeError(
        `Optimizer.loadStateDict: needs tensors by name, got ${kindOf(state)}.\n  Pass what stateDict() returned.`,
      );
    }
    const cells = this.#named();
    const problems = Object.keys({ ...cells, ...state }).flatMap((name) => {
      const cell = own(cells, name);
      const value: unknown = own(state, name);
      if (cell === undefined) return `unexpected: "${name}"`;
      if (value === undefined) return `missing: "${name}"`;
      const seen = value instanceof Tensor ? describeKind(value) : typeof value;
      const held = describeKind(cell);
      return seen === held ? [] : `"${name}" holds ${held}, given ${seen}`;
    });
    if (problems.length > 0) {
      throw new Error(
        `Optimizer.loadStateDict: the state does not fit; nothing was changed.\n  ${problems.join('\n  ')}\n` +
          '  Of parsed JSON make tensors first: tensor(value).',
      );
    }
    for (const [name, cell] of Object.entries(cells)) cell.write(state[name]!);
  }

  #named(): Record<string, Cell> {
    const state = [...this.#cells, ...this.#count].map((cell) => [cell.name, cell] as const);
    return { lr: this.lr, ...Object.fromEntries(state) };
  }
}

const valuesOf = (cells: Readonly<Record<string, Cell>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, stopGradient(cell.read())]),
  );

function requireLoss(f: unknown): void {
  if (typeof f === 'function') return;
  throw new TypeError(
    `Optimizer.minimize: needs a function that returns the loss, got ${kindOf(f)}.\n  minimize(() => loss)`,
  );
}
