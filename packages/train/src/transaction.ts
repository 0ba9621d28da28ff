import type { Cell, Parameter, Tensor } from '@tikhonov/core';
import { type Evaluator, eager, within } from '@tikhonov/core/engine';

/** Runs kernels as ever, and keeps what cells held before they were first touched. */
class Journal implements Evaluator {
  readonly #values = new Map<Cell, Tensor>();
  readonly #grads = new Map<Parameter, boolean>();

  run(...call: Parameters<Evaluator['run']>): ReturnType<Evaluator['run']> {
    return eager.run(...call);
  }

  // Reads as well as writes: during a derivative a cell that was read may hold a stand-in of its value.
  onRead(cell: Cell): void {
    if (!this.#values.has(cell)) this.#values.set(cell, cell.peek());
  }

  onWrite(cell: Cell, value: Tensor): Tensor {
    this.onRead(cell);
    return value;
  }

  onGrad(parameter: Parameter): void {
    if (!this.#grads.has(parameter)) this.#grads.set(parameter, parameter.hasGrad);
  }

  undo(): void {
    for (const [cell, value] of this.#values) if (cell.peek() !== value) cell.swap(value);
    for (const [parameter, present] of this.#grads) parameter.hasGrad = present;
  }
}

/**
 * `f` as all or nothing: when it throws, every cell holds what it held before, whoever it belongs to. A
 * compiled function is so by itself.
 */
export const transacted =
  <Args extends readonly unknown[], Out>(f: (...args: Args) => Out): ((...args: Args) => Out) =>
  (...args) => {
    const journal = new Journal();
    try {
      return within({ evaluator: journal }, () => f(...args));
    } catch (error) {
      journal.undo();
      throw error;
    }
  };

/** What `f` throws, if it does; every cell holds afterwards what it held before. */
export function rehearse(f: () => unknown): { readonly error: unknown } | null {
  const journal = new Journal();
  try {
    within({ evaluator: journal }, f);
    return null;
  } catch (error) {
    return { error };
  } finally {
    journal.undo();
  }
}
