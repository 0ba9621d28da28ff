import { type AnyPrimitive, definePrimitive, erase, type Primitive } from '@tikhonov/core/engine';
import type { Equation } from '../graph/graph.ts';
import { isNamed } from '../graph/names.ts';

/** Whether an equation is a matrix product. */
export const isProduct = ({ primitive }: Equation): boolean => isNamed(primitive, 'matmul');

const copyP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'copy',
  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),
  forward: ([x]) => x,
  vjp: [() => (g) => g],
});

/** The elements of a value in storage of their own. */
export const identityOf: AnyPrimitive = /* @__PURE__ */ erase(copyP);
