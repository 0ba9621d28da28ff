import { mapKernel } from '@tikhonov/array';
import { asTensor, type TensorLike } from '../as-tensor.ts';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';

// Sine and cosine are each other's derivative, so they share a file.

/** Elementwise sine, radians. */
export const sinP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'sin',
  infer: floatingUnary('sin'),
  forward: ([x]) => sine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        mul(g, cos(x)),
  ],
});

export const sinChecks: Checks<typeof sinP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const sine = /* @__PURE__ */ mapKernel(Math.sin);

/**
 * Elementwise sine of radians. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * sin(tensor([0, Math.PI / 2])).toArray(); // => [0, 1]
 * ```
 */
export const sin = (x: TensorLike): Tensor => bind(sinP, [asTensor(x, 'sin')], null);

/** Elementwise cosine, radians. */
export const cosP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'cos',
  infer: floatingUnary('cos'),
  forward: ([x]) => cosine(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        neg(mul(g, sin(x))),
  ],
});

export const cosChecks: Checks<typeof cosP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const cosine = /* @__PURE__ */ mapKernel(Math.cos);

/**
 * Elementwise cosine of radians. `[...s] -> [...s]`.
 *
 * @example
 * ```ts
 * cos(tensor([0, Math.PI])).toArray(); // => [1, -1]
 * ```
 */
export const cos = (x: TensorLike): Tensor => bind(cosP, [asTensor(x, 'cos')], null);
