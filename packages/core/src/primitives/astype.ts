import { copyAs, type DType } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { checkDType } from '../create.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Conversion to another dtype. */
export const astypeP: Primitive<1, { readonly dtype: DType }> = /* @__PURE__ */ definePrimitive({
  name: 'astype',
  infer: ([x], { dtype }) => ({ shape: x.shape, dtype }),
  forward: ([x], { dtype }) => copyAs(x, dtype),
  vjp: [
    (_ans, [x]) => {
      const dtype = x.dtype;
      return (g) => astype(g, dtype);
    },
  ],
});

export const astypeChecks: Checks<typeof astypeP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: { dtype: 'float64' } }),
};

/**
 * The values in another dtype. To float32 rounds to nearest; floating to integer truncates toward
 * zero (and wraps out of range); to `bool` is `x != 0`. Gradients flow between floating dtypes.
 *
 * @example
 * ```ts
 * astype(tensor([1.7, -1.7]), 'int32').toArray(); // => [1, -1]
 * ```
 */
export function astype(x: TensorLike, dtype: DType): Tensor {
  const source = asTensor(x, 'astype');
  checkDType('astype', dtype);
  return source.dtype === dtype ? source : bind(astypeP, [source], { dtype });
}
