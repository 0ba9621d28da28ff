import { add, Cell, cond, equal, mul, remainder, tensor, zerosLike } from '@tikhonov/core';
import type { CellTree, StepTerm } from '@tikhonov/train';

/** A term with the count of steps that it keeps. */
export type LazyTerm = StepTerm & { readonly state: CellTree & { readonly count: Cell } };

/**
 * A term that is taken in every `every`-th step only, the first one among them, and times `every` then:
 * the same on average, at a fraction of the cost. For terms that are slow to compute and change slowly, such
 * as those that decompose a matrix.
 *
 * @param term  for `penalties` of `fit`
 * @param every  an integer >= 1
 * @returns the term, with its count of steps in `state.count`, from 0 to `every - 1`
 * @throws RangeError for another `every`
 * @see Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), lazy regularization
 * @example
 * ```ts
 * const model = nn.mlp([4, 8, 2], { seed: 0 });
 * const term = reg.lazily(() => reg.nuclearNorm(model, { lambda: 1e-3 }), 10);
 * typeof term; // => 'function'
 * ```
 */
export function lazily(term: StepTerm, every: number): LazyTerm {
  if (!Number.isInteger(every) || every < 1) {
    throw new RangeError(`lazily: every must be an integer >= 1, got ${every}.`);
  }
  const count = new Cell(tensor(0, { dtype: 'int32' }), { name: 'lazily.count' });
  const { usesActivations } = term;
  const state: LazyTerm['state'] =
    term.state === undefined ? { count } : { count, term: term.state };
  return Object.assign(
    ((context) => {
      const now = count.read();
      if (context.updateState) count.write(remainder(add(now, 1), every));
      return cond(
        equal(now, 0),
        () => mul(term(context), every),
        () => zerosLike(context.dataLoss),
      );
    }) satisfies StepTerm,
    { state },
    usesActivations === undefined ? {} : { usesActivations },
  );
}
