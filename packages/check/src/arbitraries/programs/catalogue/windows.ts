import * as core from '@tikhonov/core';
import { callWith, expression } from '../calls.ts';
import { literal } from '../print.ts';
import { float, floatOf, type Item } from './item.ts';

const small = { min: -1, max: 1 };

type Convolution = (x: core.Tensor, weight: core.Tensor, options: core.ConvOptions) => core.Tensor;
const convolution = (name: string, f: Convolution, axes: number): Item => ({
  name,
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const dtype = floatOf(author);
    const groups = dice.pick([1, 1, 2]);
    const spatial = Array.from({ length: axes }, () => dice.integer(3, axes === 1 ? 12 : 6));
    const x = float(author, [dice.integer(1, 2), 2 * groups, ...spatial], dtype, small);
    const kernel = spatial.map(() => dice.integer(1, 3));
    const weight = float(author, [groups * dice.integer(1, 3), 2, ...kernel], dtype, small);
    const options = {
      stride: dice.pick([1, 1, 2]),
      padding: dice.pick([0, 1, 1]),
      dilation: dice.pick([1, 1, 2]),
      groups,
    };
    const bias = dice.once(2) ? [] : [float(author, [weight.value.shape[0]!], dtype, small)];
    author.emit(
      expression(
        name,
        ([a, w, b]) => f(a!, w!, b === undefined ? options : { ...options, bias: b }),
        ([a, w, b]) => {
          const text = literal(options);
          return `${name}(${a}, ${w}, ${b === undefined ? text : text.replace(/ }$/, `, bias: ${b} }`)})`;
        },
      ),
      [x, weight, ...bias],
    );
  },
});

const pool = (
  name: string,
  f: (x: core.Tensor, options: never) => core.Tensor,
  axes: number,
): Item => ({
  name,
  write: (author) => {
    const { dice } = author;
    const spatial = Array.from({ length: axes }, () => dice.integer(2, axes === 1 ? 12 : 6));
    const x = float(author, [dice.integer(1, 2), dice.integer(1, 3), ...spatial], floatOf(author));
    const options = {
      kernelSize: 2,
      stride: dice.pick([1, 2]),
      padding: dice.pick([0, 1]),
      ceilMode: dice.once(2),
    };
    author.one(callWith(name, f, 1, options), x);
  },
});

const unfold: Item = {
  name: 'unfold',
  write: (author) => {
    const { dice } = author;
    const x = float(
      author,
      [dice.integer(1, 2), dice.integer(1, 2), dice.integer(2, 5), dice.integer(2, 5)],
      floatOf(author),
    );
    author.one(
      callWith('unfold', core.unfold, 1, {
        kernelSize: 2,
        stride: dice.pick([1, 2]),
        padding: dice.pick([0, 1]),
      }),
      x,
    );
  },
};

/** Convolutions and pools. */
export const windows: readonly Item[] = [
  convolution('conv1d', core.conv1d, 1),
  convolution('conv2d', core.conv2d, 2),
  pool('avgPool1d', core.avgPool1d, 1),
  pool('avgPool2d', core.avgPool2d, 2),
  pool('maxPool1d', core.maxPool1d, 1),
  pool('maxPool2d', core.maxPool2d, 2),
  unfold,
];
