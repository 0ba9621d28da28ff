import * as core from '@tikhonov/core';
import type { Author } from '../author.ts';
import { callWith, expression } from '../calls.ts';
import { operandFor } from '../fit.ts';
import { drawShape } from '../values.ts';
import { binary, float, floatOf, type Item, narrowed, unary } from './item.ts';

/** One of two values by a condition that is known to the bit. */
const selection: Item = {
  name: 'where',
  weight: 2,
  write: (author) => {
    const [shape, dtype] = [drawShape(author), floatOf(author)];
    const condition = operandFor(author, { shape: narrowed(author, shape), dtype: 'bool' });
    const x = float(author, shape, dtype);
    author.one(
      callWith('where', core.where, 3),
      condition,
      x,
      float(author, narrowed(author, shape), dtype),
    );
  },
};

const comparisons = {
  equal: core.equal,
  notEqual: core.notEqual,
  less: core.less,
  lessEqual: core.lessEqual,
  greater: core.greater,
  greaterEqual: core.greaterEqual,
};
const comparison: Item = {
  name: 'comparison',
  weight: 2,
  write: (author) => {
    const [shape, dtype] = [
      drawShape(author),
      author.dice.pick([floatOf(author), 'int32' as const]),
    ];
    const operand = (of: typeof shape) => operandFor(author, { shape: of, dtype, exact: true });
    const [name, f] = author.dice.entry(comparisons);
    author.one(callWith(name, f, 2), operand(shape), operand(narrowed(author, shape)));
  },
};

const integerBinary = {
  add: core.add,
  sub: core.sub,
  mul: core.mul,
  maximum: core.maximum,
  minimum: core.minimum,
};
const integers: Item = {
  name: 'integers',
  weight: 2,
  write: (author) => {
    const { dice } = author;
    const [shape, dtype] = [drawShape(author), dice.pick(['int32', 'int32', 'uint32'] as const)];
    const x = operandFor(author, { shape, dtype });
    const y = operandFor(author, { shape: narrowed(author, shape), dtype });
    const [name, f] = dice.entry(integerBinary);
    author.one(callWith(name, f, 2), x, y);
  },
};
const integerDivision: Item = {
  name: 'integer division',
  write: (author) => {
    const { dice } = author;
    const [shape, dtype] = [drawShape(author), dice.pick(['int32', 'uint32'] as const)];
    const range = dtype === 'uint32' || dice.once(2) ? { min: 1, max: 7 } : { min: -7, max: -1 };
    const [x, y] = [
      operandFor(author, { shape, dtype }),
      operandFor(author, { shape, dtype, range }),
    ];
    const [name, f] = dice.entry({ floorDivide: core.floorDivide, remainder: core.remainder });
    author.one(callWith(name, f, 2), x, y);
  },
};

const dtypes = ['float64', 'float32', 'int32', 'uint32', 'bool'] as const;
const casts: Item = {
  name: 'astype',
  weight: 3,
  write: (author) => {
    const from = author.dice.pick([...dtypes, ...author.floats]);
    const to = author.dice.pick(dtypes.filter((dtype) => dtype !== from));
    const exact = to !== 'float32' && to !== 'float64';
    const range = from === 'int32' || from === 'uint32' ? undefined : { min: -300, max: 300 };
    const x = operandFor(author, {
      shape: drawShape(author),
      dtype: from,
      exact,
      ...(exact ? { range } : {}),
    });
    author.one(callWith('astype', core.astype, 1, to), x);
  },
};

const masks: Item = {
  name: 'maskedFill',
  write: (author) => {
    const [shape, dtype] = [drawShape(author), floatOf(author)];
    const mask = operandFor(author, { shape: narrowed(author, shape), dtype: 'bool' });
    author.one(
      callWith('maskedFill', core.maskedFill, 2, author.dice.pick([0.5, -0, -Infinity])),
      float(author, shape, dtype),
      mask,
    );
  },
};

const withNumber = (
  name: string,
  f: (x: core.TensorLike, y: core.TensorLike) => core.Tensor,
): Item => ({
  name: `${name} with a number`,
  write: (author) => {
    const x = float(author, drawShape(author), floatOf(author));
    const n = author.dice.pick([0.1, -1.5, 2, 0.3, 7, 0, -0]);
    const flipped = author.dice.once(2);
    if (name === 'div' && n === 0) return void author.one(callWith('div', core.div, 1, 3), x);
    author.one(
      expression(
        name,
        ([y]) => (flipped && name !== 'div' ? f(n, y!) : f(y!, n)),
        ([y]) => {
          const text = Object.is(n, -0) ? '-0' : String(n);
          return flipped && name !== 'div' ? `${name}(${text}, ${y})` : `${name}(${y}, ${text})`;
        },
      ),
      x,
    );
  },
});

const classes = { isNaN: core.isNaN, isFinite: core.isFinite, isInf: core.isInf };
const classify: Item = {
  name: 'isNaN',
  write: (author) => {
    const [name, f] = author.dice.entry(classes);
    const x = operandFor(author, { shape: drawShape(author), dtype: floatOf(author), exact: true });
    author.one(callWith(name, f, 1), x);
  },
};

const clampBounds = (author: Author) =>
  author.dice.pick([{ min: -1, max: 1 }, { min: 0 }, { max: 0.5 }]);
const positive = { min: 0.1, max: 4 };

/** Elementwise operations and activations. */
export const elementwise: readonly Item[] = [
  ...[
    binary('add', core.add),
    binary('sub', core.sub),
    binary('mul', core.mul),
    binary('div', core.div, [{}, { avoid: [0] }]),
    binary('maximum', core.maximum),
    binary('minimum', core.minimum),
    unary('tanh', core.tanh),
    unary('relu', core.relu),
  ].map((item): Item => ({ ...item, weight: 3 })),
  binary('pow', core.pow, [positive, {}]),
  binary('hypot', core.hypot),
  binary('logaddexp', core.logaddexp),
  binary('atan2', core.atan2),
  unary('clamp', core.clamp, undefined, clampBounds),
  unary('leakyRelu', core.leakyRelu, undefined, () => ({ negativeSlope: 0.2 })),
  unary('elu', core.elu),
  unary('gelu', core.gelu, undefined, (author) => ({
    approximate: author.dice.pick(['none', 'tanh']),
  })),
  unary('silu', core.silu),
  unary('mish', core.mish),
  unary('softsign', core.softsign),
  unary('hardswish', core.hardswish),
  unary('logSigmoid', core.logSigmoid),
  unary('square', core.square),
  unary('sqrt', core.sqrt, { min: 0, max: 9 }),
  unary('rsqrt', core.rsqrt, positive),
  unary('reciprocal', core.reciprocal, { avoid: [0] }),
  unary('exp2', core.exp2),
  unary('tan', core.tan, { min: -1.3, max: 1.3 }),
  unary('nanToNum', core.nanToNum),
  withNumber('add', core.add),
  withNumber('sub', core.sub),
  withNumber('mul', core.mul),
  withNumber('div', core.div),
  withNumber('maximum', core.maximum),
  selection,
  comparison,
  integers,
  integerDivision,
  casts,
  masks,
  classify,
];
