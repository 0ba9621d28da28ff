import type { Lanes } from '../../math/lanes.ts';
import type { Instruction } from '../../wasm/code.ts';
import { binary, entry, type MapEntry, unary } from './entry.ts';
import { isInteger, onWords, word, words } from './integers.ts';

/** An instruction that floating lanes and integers both have, the latter wrapping. */
const both = (name: 'add' | 'sub' | 'mul'): MapEntry =>
  binary(name, 'cheap', (x, y, { output: { dtype } }) =>
    isInteger(dtype)
      ? onWords(dtype, [x, y], (a, b) => words(`i32x4.${name}`, a!, b!))
      : x.op(name, y),
  );

/** The sign of int32 is the number brought between -1 and 1; uint32 has only 0 and what is not. */
const signOfWords = (x: Lanes, dtype: 'int32' | 'uint32'): Lanes =>
  onWords(dtype, [x], (a) =>
    dtype === 'int32'
      ? words('i32x4.max_s', words('i32x4.min_s', a!, word(a!, 1)), word(a!, -1))
      : words('i32x4.ne', a!, word(a!, 0)).and(word(a!, 1)),
  );

/** The larger or smaller operand; NaN wins, and -0 is less than 0, as with `Math.max`. */
const extremum = (
  primitive: 'maximum' | 'minimum',
  name: 'max' | 'min',
  signed: Instruction,
): MapEntry =>
  binary(primitive, 'cheap', (x, y, { output: { dtype } }) => {
    // Integers in float64 lanes compare as such, so only those in 32 bits are special.
    if (x.type === 'f64x2' || !isInteger(dtype)) return x.op(name, y);
    if (dtype === 'int32') return words(signed, x, y);
    const less = words('i32x4.lt_u', x, y);
    return name === 'max' ? less.choose(y, x) : less.choose(x, y);
  });

/** A float64 lane rounded to float32. */
const toSingle = (x: Lanes): Lanes =>
  x
    .raw('f32x4', (code) => code.op('f32x4.demote_f64x2_zero'))
    .raw('f64x2', (code) => code.op('f64x2.promote_low_f32x4'));

/** Arithmetic: the same bits as eager, so there is no fused multiply-add here. */
export const arithmetic: readonly MapEntry[] = [
  both('add'),
  both('sub'),
  both('mul'),
  binary('div', 'dear', (x, y) => x.div(y)),
  unary('sqrt', 'dear', (x) => x.sqrt()),
  unary('neg', 'cheap', (x, { output: { dtype } }) =>
    isInteger(dtype) ? onWords(dtype, [x], (a) => words('i32x4.neg', a!)) : x.neg(),
  ),
  unary('abs', 'cheap', (x, { output: { dtype } }) => {
    if (dtype === 'uint32') return x;
    return dtype === 'int32' ? onWords(dtype, [x], (a) => words('i32x4.abs', a!)) : x.abs();
  }),
  unary('sign', 'cheap', (x, { output: { dtype } }) =>
    isInteger(dtype)
      ? signOfWords(x, dtype)
      : x.number(0).lt(x.abs()).choose(x.number(1).signed(x), x),
  ),
  extremum('maximum', 'max', 'i32x4.max_s'),
  extremum('minimum', 'min', 'i32x4.min_s'),
  entry('axpby', 'cheap', ([x, y, a, b], _attrs, { width, output }) => {
    const products = [a!.mul(x!), b!.mul(y!)] as const;
    // In pairs, float32 products are exact in their lanes: they must be rounded before the sum is.
    const [p, q] = width === 2 && output.dtype === 'float32' ? products.map(toSingle) : products;
    return p!.add(q!);
  }),
];
