import type { Tensor } from '@tikhonov/core';
import type { CaseDraw, RegisteredPrimitive } from '@tikhonov/core/engine';
import fc from 'fast-check';
import { drawn } from '../arbitraries/drawn.ts';
import type { Operation } from './operation.ts';
import { operationSubject, primitiveSubject } from './subject.ts';

/** What a sample of the cases of a primitive or operation contains. */
export interface CaseStatistics {
  readonly cases: number;
  /** Cases with an axis of size 0 in some input or output. */
  readonly empty: number;
  /** Cases with an axis of size 1 in some input or output. */
  readonly single: number;
  /** Dtypes of the inputs. */
  readonly dtypes: readonly string[];
}

/**
 * Whether the cases look at the edges: how many of them have an empty axis or one of size 1.
 *
 * @example
 * ```ts
 * const [exp] = primitives.filter(({ name }) => name === 'exp');
 * caseStatistics(exp, { runs: 200 }).empty > 0; // => true
 * ```
 */
export function caseStatistics(
  checked: RegisteredPrimitive | Operation,
  options: { readonly runs?: number; readonly seed?: number } = {},
): CaseStatistics {
  const { runs = 300, seed = 0 } = options;
  const subject = 'primitive' in checked ? primitiveSubject(checked) : operationSubject(checked);
  const samples = fc.sample(
    drawn((draw: CaseDraw) => subject.cases(draw)),
    { numRuns: runs, seed },
  );
  let [empty, single] = [0, 0];
  const dtypes = new Set<string>();
  for (const { inputs, attrs } of samples) {
    const shapes = [...inputs, ...subject.outputs(inputs, attrs)].map((x) => x.shape);
    if (shapes.some((shape) => shape.includes(0))) empty += 1;
    if (shapes.some((shape) => shape.includes(1))) single += 1;
    for (const x of inputs as readonly Tensor[]) dtypes.add(x.dtype);
  }
  return { cases: samples.length, empty, single, dtypes: [...dtypes].sort() };
}
