import { Cell, type Tensor } from '@tikhonov/core';
import { Optimizer } from '@tikhonov/optim';
import type { MinimizingOptimizer } from '../model.ts';

/** The learning rate of an optimizer, for callbacks that change it between steps. */
export interface Rate {
  read(): number;
  write(lr: number): void;
}

/** What steps in the end, within `sam` and whatever else has an `optimizer`. */
function innermost(optimizer: MinimizingOptimizer): object {
  let inner: object = optimizer;
  while (!(inner instanceof Optimizer)) {
    const next: unknown = Reflect.get(inner, 'optimizer');
    if (typeof next !== 'object' || next === null) break;
    inner = next;
  }
  return inner;
}

/** The cell of an optimizer's learning rate, if it has one. */
export function rateCell(optimizer: MinimizingOptimizer): Cell | undefined {
  const rates: unknown[] = [optimizer, innermost(optimizer)].map((o) => Reflect.get(o, 'lr'));
  return rates.find((lr) => lr instanceof Cell);
}

/**
 * The learning rate of an optimizer, all groups of parameters alike: they scale one cell.
 *
 * @throws TypeError if there is none, or a schedule sets it anew at every step
 */
export function rateOf(where: string, optimizer: MinimizingOptimizer): Rate {
  const cell = rateCell(optimizer);
  if (cell === undefined || cell.rank !== 0) {
    throw new TypeError(
      `${where}: the optimizer has no learning rate that could be written: its \`lr\` is no 0-d Cell.\n  Use an optimizer of optim, or give yours a getter \`lr\` for the cell.`,
    );
  }
  // A schedule counts steps; without one there is nothing to count.
  const inner = innermost(optimizer);
  const state: Readonly<Record<string, Tensor>> =
    inner instanceof Optimizer ? inner.stateDict() : {};
  if (Object.hasOwn(state, 'count')) {
    throw new TypeError(
      `${where}: the optimizer's lr is a schedule, which sets the rate anew at every step.\n  Make the optimizer with a number, and write the schedule into it, or leave this callback out.`,
    );
  }
  return { read: () => cell.read().item() as number, write: (lr) => cell.write(lr) };
}
