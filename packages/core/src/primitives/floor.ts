import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';

/** Elementwise floor. Its derivative is 0 everywhere. */
export const floorP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'floor',
  infer: floatingUnary('floor'),
  forward: ([x]) => kernel(x),
  vjp: [null],
});

export const floorChecks: Checks<typeof floorP> = {
  cases: (draw) => ({
    inputs: [draw.tensor(draw.shape(), { avoid: [-3, -2, -1, 0, 1, 2, 3] })],
    attrs: null,
  }),
};

const kernel = /* @__PURE__ */ mapKernel(Math.floor);

/**
 * Elementwise floor, with derivative 0 everywhere. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * floor(tensor([-0.5, 2.9])).toArray(); // => [-1, 2]
 * ```
 */
export const floor = (x: TensorLike): Tensor => bind(floorP, [asTensor(x, 'floor')], null);
