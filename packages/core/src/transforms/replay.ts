import type { Cell, Parameter } from '../cell.ts';
import type { Evaluator } from '../interpreter.ts';
import type { Tensor } from '../tensor.ts';

// How a function is called a second time as it was the first.

/** What cells held, and which parameters had a gradient, when they were first touched. */
export interface State {
  readonly values: Map<Cell, Tensor>;
  readonly grads: Map<Parameter, boolean>;
}

/** Nothing noted yet. */
export const emptyState = (): State => ({ values: new Map(), grads: new Map() });

/** Notes the state at the first touch. */
export const watching = (evaluator: Evaluator, { values, grads }: State): Evaluator => {
  const note = (cell: Cell): void => {
    if (!values.has(cell)) values.set(cell, cell.peek());
  };
  return {
    run: (...call) => evaluator.run(...call),
    onRead: (cell) => {
      evaluator.onRead?.(cell);
      note(cell);
    },
    onWrite: (cell, value) => {
      note(cell);
      return evaluator.onWrite?.(cell, value) ?? value;
    },
    onGrad: (parameter) => {
      evaluator.onGrad?.(parameter);
      if (!grads.has(parameter)) grads.set(parameter, parameter.hasGrad);
    },
  };
};

/** Runs as the evaluator does, and tells it nothing of cells. */
export const silent = (evaluator: Evaluator): Evaluator => ({
  run: (...call) => evaluator.run(...call),
});

/** Runs `body` in the given state; what it changes is undone. */
export function rebound<T>({ values, grads }: State, body: () => T): T {
  const before = [...values].map(([cell, value]) => [cell, cell.swap(value)] as const);
  const had = [...grads].map(([parameter, present]) => {
    const now = parameter.hasGrad;
    parameter.hasGrad = present;
    return [parameter, now] as const;
  });
  try {
    return body();
  } finally {
    for (const [cell, value] of before) cell.swap(value);
    for (const [parameter, present] of had) parameter.hasGrad = present;
  }
}
