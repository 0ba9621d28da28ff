import { mapKernel } from '@tikhonov/array';
import { floatingUnary } from '../avals.ts';
import { bind } from '../bind.ts';
import type { Checks } from '../checks.ts';
import { definePrimitive, type Primitive } from '../primitive.ts';
import { div } from '../primitives/div.ts';
import { mul } from '../primitives/mul.ts';
import type { Tensor } from '../tensor.ts';
import { expOf, logOf } from './portable.ts';

// Log and exp whose bits are the same on every platform, for turning bits into draws. Everything else
// uses `log` and `exp`, which are the engine's own and faster.

/** `log(x)` in a fixed order of `+ - * /`. */
export const portableLogP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'portableLog',
  infer: floatingUnary('portableLog'),
  forward: ([x]) => logKernel(x),
  vjp: [
    (_ans, [x]) =>
      (g) =>
        div(g, x),
  ],
});

export const portableLogChecks: Checks<typeof portableLogP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape(), { min: 0.1 })], attrs: null }),
};

const logKernel = /* @__PURE__ */ mapKernel(logOf);

/** `e^x` in a fixed order of `+ - * /`. */
export const portableExpP: Primitive<1, null> = /* @__PURE__ */ definePrimitive({
  name: 'portableExp',
  infer: floatingUnary('portableExp'),
  forward: ([x]) => expKernel(x),
  vjp: [(ans) => (g) => mul(g, ans)],
});

export const portableExpChecks: Checks<typeof portableExpP> = {
  cases: (draw) => ({ inputs: [draw.tensor(draw.shape())], attrs: null }),
};

const expKernel = /* @__PURE__ */ mapKernel(expOf);

/** `log(x)`, the same bits on every platform. */
export const portableLog = (x: Tensor): Tensor => bind(portableLogP, [x], null);

/** `e^x`, the same bits on every platform. */
export const portableExp = (x: Tensor): Tensor => bind(portableExpP, [x], null);
