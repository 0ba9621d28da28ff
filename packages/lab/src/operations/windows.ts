import type { Operation } from '@tikhonov/check';
import { operation } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';

const nonEmpty = 'a window holds at least an element';

/** A batch of channels with one to two spatial axes that a window of 2 fits into. */
function images(draw: CaseDraw, axes: number, channels = draw.integer(1, 2)): Tensor {
  const spatial = Array.from({ length: axes }, () => draw.integer(2, axes === 1 ? 5 : 3));
  return draw.tensor([draw.integer(1, 2), channels, ...spatial], { distinct: true });
}

type Conv = (x: Tensor, weight: Tensor, options: core.ConvOptions) => Tensor;
const convs: readonly (readonly [string, number, Conv])[] = [
  ['conv1d', 1, core.conv1d],
  ['conv2d', 2, core.conv2d],
  ['conv3d', 3, core.conv3d],
];
type Transposed = (x: Tensor, weight: Tensor, options: core.ConvTransposeOptions) => Tensor;
const transposed: readonly (readonly [string, number, Transposed])[] = [
  ['convTranspose1d', 1, core.convTranspose1d],
  ['convTranspose2d', 2, core.convTranspose2d],
];

/** Convolutions, with all their options drawn. */
export const convolutions: readonly Operation[] = [
  ...convs.map(([name, axes, f]) =>
    operation(
      name,
      (draw) => {
        const groups = axes === 3 ? 1 : draw.integer(1, 2);
        const size = axes === 3 ? 1 : 2;
        const spatial = Array.from({ length: axes }, () =>
          draw.integer(size, axes === 1 ? 4 : size + 1),
        );
        const x = draw.tensor([draw.integer(1, 2), groups, ...spatial]);
        const weight = draw.tensor([groups, 1, ...spatial.map(() => draw.integer(1, 2))]);
        const options = {
          stride: draw.pick([1, 2]),
          dilation: draw.pick([1, 2]),
          padding: 1,
          groups,
        };
        return [(a, w, b) => f(a!, w!, { ...options, bias: b! }), x, weight, draw.tensor([groups])];
      },
      { nonEmpty },
    ),
  ),
  ...transposed.map(([name, axes, f]) =>
    operation(
      name,
      (draw) => {
        const spatial = Array.from({ length: axes }, () => draw.integer(2, 3));
        const groups = draw.integer(1, 2);
        const x = draw.tensor([1, groups, ...spatial]);
        const weight = draw.tensor([groups, 1, ...spatial.map(() => 2)]);
        const options = { stride: draw.pick([1, 2]), padding: draw.pick([0, 1]), groups };
        return [(a, w, b) => f(a!, w!, { ...options, bias: b! }), x, weight, draw.tensor([groups])];
      },
      { nonEmpty },
    ),
  ),
  operation(
    'unfold',
    (draw) => {
      const options = { kernelSize: 2, stride: draw.pick([1, 2]), padding: draw.pick([0, 1]) };
      return [(x) => core.unfold(x!, options), images(draw, 2)];
    },
    { nonEmpty },
  ),
  operation(
    'fold',
    (draw) => {
      const stride = draw.pick([1, 2]);
      const places = stride === 1 ? 4 : 1;
      return [
        (x) => core.fold(x!, { outputSize: 3, kernelSize: 2, stride }),
        draw.tensor([draw.integer(1, 2), 4 * draw.integer(1, 2), places]),
      ];
    },
    { nonEmpty },
  ),
];

type Pool = (x: Tensor, options: core.AvgPoolOptions & core.MaxPoolOptions) => object;
const pools: readonly (readonly [string, number, Pool])[] = [
  ['avgPool1d', 1, core.avgPool1d],
  ['avgPool2d', 2, core.avgPool2d],
  ['maxPool1d', 1, core.maxPool1d],
  ['maxPool2d', 2, core.maxPool2d],
  ['maxPool1dWithIndices', 1, core.maxPool1dWithIndices],
  ['maxPool2dWithIndices', 2, core.maxPool2dWithIndices],
];
const adaptive = [
  ['adaptiveAvgPool1d', 1, core.adaptiveAvgPool1d],
  ['adaptiveAvgPool2d', 2, core.adaptiveAvgPool2d],
  ['adaptiveMaxPool1d', 1, core.adaptiveMaxPool1d],
  ['adaptiveMaxPool2d', 2, core.adaptiveMaxPool2d],
] as const;

/** Pooling. */
export const pooling: readonly Operation[] = [
  ...pools.map(([name, axes, f]) =>
    operation(
      name,
      (draw) => {
        const options = {
          kernelSize: 2,
          stride: draw.pick([1, 2]),
          padding: draw.pick([0, 1]),
          ceilMode: draw.pick([false, true]),
        };
        return [(x) => f(x!, options), images(draw, axes)];
      },
      { nonEmpty, note: name.startsWith('max') ? 'the first of equals takes the gradient' : '' },
    ),
  ),
  ...adaptive.map(([name, axes, f]) =>
    operation(
      name,
      (draw) => {
        const size = draw.integer(1, 2);
        return [(x) => f(x!, size), images(draw, axes)];
      },
      { nonEmpty },
    ),
  ),
];
