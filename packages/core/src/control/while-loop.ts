import { NoDerivativeError, requireFunction, showValue } from '../errors.ts';
import { frame } from '../interpreter.ts';
import { requireOptions } from '../options.ts';
import type { Tensor } from '../tensor.ts';
import type { Flat, Tree, TreeParts } from '../tree.ts';
import { leavesAlike, outputsOf } from './outputs.ts';
import { type Predicate, requirePredicate } from './predicate.ts';
import { runLoop } from './while-primitive.ts';

/** Options of `whileLoop`. */
export interface WhileLoopOptions {
  /** The loop ends after so many steps, whatever the condition says. An integer >= 1; required. */
  readonly maxSteps: number;
}

/**
 * Repeats `state = body(state)` while `condition(state)` holds, at most `maxSteps` times, and returns the
 * last state. The number of steps may depend on values: in a compiled function it is a loop of the
 * program. Under `vmap` every example makes its own number of steps.
 *
 * It has no derivative, since it does not keep what its steps would need: neither the state nor what the body
 * closes over may be differentiated. Where the number of steps is fixed, a `for` loop has one.
 *
 * @param condition  from the state to a bool scalar `[]`; must not write to cells
 * @param body  from the state to the next one, of the same structure, shapes and dtypes. Cells that it
 * writes carry their values from step to step
 * @param init  a tensor or a tree of tensors
 * @throws RangeError unless `maxSteps` is an integer >= 1
 * @throws TypeError, ShapeError or DTypeError if the condition is not a bool scalar, or the body returns
 * something else than a state
 * @throws NoDerivativeError if a derivative is being recorded through the state
 * @throws TraceError in a trace, if the condition writes to a cell
 * @see JAX's `lax.while_loop`
 * @example
 * ```ts
 * // Newton's method for the square root of 2, to the accuracy that float32 has.
 * const root = whileLoop(
 *   (x) => greater(abs(x.mul(x).sub(2)), 1e-6),
 *   (x) => x.add(div(2, x)).div(2),
 *   tensor(1),
 *   { maxSteps: 20 },
 * );
 * root.item(); // => Math.SQRT2
 * ```
 */
export function whileLoop<State extends Tree<Tensor> | TreeParts<State, Tensor> = Tensor>(
  condition: (state: State) => Predicate,
  body: (state: State) => State,
  init: State,
  options: WhileLoopOptions,
): State {
  requireFunction('whileLoop', condition);
  requireFunction('whileLoop', body);
  requireOptions('whileLoop', options ?? {}, { maxSteps: true });
  const maxSteps: unknown = options?.maxSteps;
  if (typeof maxSteps !== 'number' || !Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new RangeError(
      `whileLoop: maxSteps must be an integer >= 1, got ${showValue(maxSteps)}.\n  Pass { maxSteps } as the last argument: the most steps it may ever need.`,
    );
  }
  const state = outputsOf('whileLoop', init);
  requireConstant(state.leaves, state.paths);
  const treeOf = (leaves: readonly Tensor[]): State => state.rebuild<State>(leaves);
  const final = runLoop({
    condition: (leaves) => requirePredicate('whileLoop: the condition', condition(treeOf(leaves))),
    body: (leaves) => {
      const next = leavesOf(state, outputsOf('whileLoop', body(treeOf(leaves))));
      requireConstant(next, state.paths);
      return next;
    },
    init: state.leaves,
    maxSteps,
  });
  return treeOf(final);
}

const leavesOf = (want: Flat<Tensor>, got: Flat<Tensor>): readonly Tensor[] =>
  leavesAlike(
    'whileLoop',
    want,
    got,
    (next, first, place) =>
      `whileLoop: the body returns ${next}${place}, the state is ${first}.\n  Keep structure, shapes and dtypes; cast with astype() or reshape in the body.`,
  );

function requireConstant(leaves: readonly Tensor[], paths: readonly string[]): void {
  const { recordBelow } = frame();
  const at = leaves.findIndex((x) => x.level < recordBelow);
  if (at === -1) return;
  const path = paths[at]!;
  throw new NoDerivativeError(
    `whileLoop: has no derivative, and the state${path === '' ? '' : ` at "${path}"`} depends on what is differentiated.\n` +
      '  Pass stopGradient(x), call it under noGrad, or write a loop with a fixed number of steps.',
  );
}
