import type { Lanes } from '../../math/lanes.ts';
import { binary, entry, type MapEntry, unary } from './entry.ts';
import { words } from './integers.ts';

const not = (x: Lanes): Lanes => x.raw(x.type, (code) => code.op('v128.not'));

/** Comparisons of masks: false is less than true. */
const ofMasks = {
  eq: (x: Lanes, y: Lanes): Lanes => not(x.xor(y)),
  ne: (x: Lanes, y: Lanes): Lanes => x.xor(y),
  lt: (x: Lanes, y: Lanes): Lanes => y.without(x),
  le: (x: Lanes, y: Lanes): Lanes => not(x.without(y)),
} as const;

/** The instructions for 32 bits. */
const ofWords = {
  eq: { int32: 'i32x4.eq', uint32: 'i32x4.eq' },
  ne: { int32: 'i32x4.ne', uint32: 'i32x4.ne' },
  lt: { int32: 'i32x4.lt_s', uint32: 'i32x4.lt_u' },
  le: { int32: 'i32x4.le_s', uint32: 'i32x4.le_u' },
} as const;

const comparison = (
  primitive: 'equal' | 'notEqual' | 'less' | 'lessEqual',
  name: keyof typeof ofMasks,
): MapEntry =>
  binary(primitive, 'cheap', (x, y, { inputs }) => {
    const dtype = inputs[0]!.dtype;
    if (dtype === 'bool') return ofMasks[name](x, y);
    // Float64 lanes hold whatever number exactly.
    if (x.type === 'f64x2' || dtype === 'float32' || dtype === 'float64') return x.op(name, y);
    return words(ofWords[name][dtype], x, y);
  });

/** Comparisons, logic and choice: masks, and bits that pass unchanged. */
export const selection: readonly MapEntry[] = [
  comparison('equal', 'eq'),
  comparison('notEqual', 'ne'),
  comparison('less', 'lt'),
  comparison('lessEqual', 'le'),
  binary('logicalAnd', 'cheap', (x, y) => x.and(y)),
  unary('logicalNot', 'cheap', not),
  entry('where', 'cheap', ([condition, x, y]) => condition!.choose(x!, y!)),
];
