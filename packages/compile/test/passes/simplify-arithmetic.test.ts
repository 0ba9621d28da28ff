import { describe, expect, test } from '@jest/globals';
import {
  abs,
  astype,
  equal,
  exp,
  floor,
  full,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  maximum,
  minimum,
  notEqual,
  pow,
  round,
  type Tensor,
  tensor,
  where,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { simplifyArithmetic } from '../../src/passes/simplify-arithmetic.ts';
import { type Call, graphOf, textOf } from '../support.ts';

// Scalars, because printed graphs show the values of scalar constants.
const x = tensor(3);
const n = tensor(3, { dtype: 'int32' });
const b = tensor(true);
const double = tensor(3, { dtype: 'float64' });

/** The equations before and after, without the inputs and types. */
function rewritten(f: Call, args: readonly Tensor[]): readonly [string, string] {
  const graph = graphOf(f as never, ...args);
  const brief = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !line.includes('= input'))
      .map((line) => line.replace(/ \w+\[\]$/, ''))
      .join('; ');
  return [
    brief(textOf(graph, shareCommon, eliminateDead)),
    brief(textOf(graph, shareCommon, simplifyArithmetic, shareCommon, eliminateDead)),
  ];
}

type Row = readonly [name: string, f: Call, args: readonly Tensor[], after: string];

const gone: readonly Row[] = [
  ['x * 1', (a) => a!.mul(1), [x], 'return %0'],
  ['1 * x', (a) => tensor(1).mul(a!), [x], 'return %0'],
  ['x / 1', (a) => a!.div(1), [x], 'return %0'],
  ['x - 0', (a) => a!.sub(0), [x], 'return %0'],
  ['x + -0', (a) => a!.add(-0), [x], 'return %0'],
  ['x + 0 of integers', (a) => a!.add(0), [n], 'return %0'],
  ['-(-x)', (a) => a!.neg().neg(), [x], 'return %0'],
  ['x ** 1', (a) => pow(a!, 1), [x], 'return %0'],
  ['max(x, x)', (a) => maximum(a!, a!), [x], 'return %0'],
  ['min(x, x)', (a) => minimum(a!, a!), [x], 'return %0'],
  ['a choice of the same', (c, a) => where(c!, a!, a!), [b, x], 'return %1'],
  ['a choice that is known', (a) => where(tensor(false), exp(a!), a!), [x], 'return %0'],
  ['not not c', (c) => logicalNot(logicalNot(c!)), [b], 'return %0'],
  ['c and c', (c) => logicalAnd(c!, c!), [b], 'return %0'],
  ['c and true', (c) => logicalAnd(tensor(true), c!), [b], 'return %0'],
  ['c and false', (c) => logicalAnd(c!, tensor(false)), [b], '%1 = constant 0; return %1'],
  ['c ? true : false', (c) => where(c!, tensor(true), tensor(false)), [b], 'return %0'],
  ['a cast there and back', (a) => astype(astype(a!, 'float64'), 'float32'), [x], 'return %0'],
  [
    'casts of integers there and back',
    (a) => astype(astype(a!, 'uint32'), 'int32'),
    [n],
    'return %0',
  ],
  [
    'a check of what is true',
    (c) => {
      check(where(c!, tensor(true), tensor(true)), () => new Error('no'));
      return c;
    },
    [b],
    'return %0',
  ],
];

const simpler: readonly Row[] = [
  ['x * -1', (a) => a!.mul(-1), [x], '%1 = neg(%0); return %1'],
  ['x / 4', (a) => a!.div(4), [x], '%1 = constant 0.25; %2 = mul(%0, %1); return %2'],
  ['x / -1', (a) => a!.div(-1), [x], '%1 = neg(%0); return %1'],
  ['-0 - x', (a) => tensor(-0).sub(a!), [x], '%1 = neg(%0); return %1'],
  [
    '0 - x of integers',
    (a) => tensor(0, { dtype: 'int32' }).sub(a!),
    [n],
    '%1 = neg(%0); return %1',
  ],
  ['x + -y', (a, c) => a!.add(c!.neg()), [x, x], '%2 = sub(%0, %1); return %2'],
  ['-x + y', (a, c) => a!.neg().add(c!), [x, x], '%2 = sub(%1, %0); return %2'],
  ['x - -y', (a, c) => a!.sub(c!.neg()), [x, x], '%2 = add(%0, %1); return %2'],
  ['-x * -y', (a, c) => a!.neg().mul(c!.neg()), [x, x], '%2 = mul(%0, %1); return %2'],
  ['-x / -y', (a, c) => a!.neg().div(c!.neg()), [x, x], '%2 = div(%0, %1); return %2'],
  ['x ** 2', (a) => pow(a!, 2), [x], '%1 = mul(%0, %0); return %1'],
  ['|-x|', (a) => abs(a!.neg()), [x], '%1 = abs(%0); return %1'],
  ['||x||', (a) => abs(abs(a!)), [x], '%1 = abs(%0); return %1'],
  ['round(floor(x))', (a) => round(floor(a!)), [x], '%1 = floor(%0); return %1'],
  ['not (x = y)', (a, c) => logicalNot(equal(a!, c!)), [x, x], '%2 = notEqual(%0, %1); return %2'],
  ['not (x != y)', (a, c) => logicalNot(notEqual(a!, c!)), [x, x], '%2 = equal(%0, %1); return %2'],
  ['not (m < n)', (a, c) => logicalNot(less(a!, c!)), [n, n], '%2 = lessEqual(%1, %0); return %2'],
  ['not (m <= n)', (a, c) => logicalNot(lessEqual(a!, c!)), [n, n], '%2 = less(%1, %0); return %2'],
  [
    'a choice by what is not so',
    (c, a, d) => where(logicalNot(c!), a!, d!),
    [b, x, x],
    '%3 = where(%0, %2, %1); return %3',
  ],
  [
    'c ? false : true',
    (c) => where(c!, tensor(false), tensor(true)),
    [b],
    '%1 = logicalNot(%0); return %1',
  ],
  [
    'a choice twice by the same',
    (c, a, d, e) => where(c!, where(c!, a!, d!), where(c!, d!, e!)),
    [b, x, x, x],
    '%4 = where(%0, %1, %3); return %4',
  ],
  [
    'a cast through a wider type',
    (a) => astype(astype(a!, 'float64'), 'uint32'),
    [n],
    '%1 = astype(%0) { dtype: "uint32" }; return %1',
  ],
  [
    'the condition of a check, not the check',
    (c) => {
      check(where(c!, tensor(false), tensor(false)), () => new Error('no'));
      return c;
    },
    [b],
    '%1 = constant 0; %2 = check(%1); return %0',
  ],
  [
    'maps of a choice between numbers',
    (c) => where(c!, 2, 0).neg().mul(3),
    [b],
    '%1 = constant 0; %2 = constant -6; %3 = where(%0, %2, %1); return %3',
  ],
];

const kept: readonly (readonly [name: string, f: Call, args: readonly Tensor[]])[] = [
  ['x + 0, which makes 0 of -0', (a) => a!.add(0), [x]],
  ['0 - x, which is 0 at 0', (a) => tensor(0).sub(a!), [x]],
  ['x - -0, which makes 0 of -0', (a) => a!.sub(-0), [x]],
  ['x * 0, which may be NaN', (a) => a!.mul(0), [x]],
  ['x - x, which may be NaN', (a) => a!.sub(a!), [x]],
  ['x / 3, whose reciprocal is not exact', (a) => a!.div(3), [x]],
  ['x / 2^-149, whose reciprocal overflows', (a) => a!.div(2 ** -149), [x]],
  ['not (x < y) of floating numbers, which may be NaN', (a, c) => logicalNot(less(a!, c!)), [x, x]],
  ['x = x, which is false of NaN', (a) => equal(a!, a!), [x]],
  ['a cast through a narrower type', (a) => astype(astype(a!, 'float32'), 'float64'), [double]],
  ['a cast of integers through float32', (a) => astype(astype(a!, 'float32'), 'int32'), [n]],
  [
    'a cast of floating numbers through integers',
    (a) => astype(astype(a!, 'int32'), 'uint32'),
    [x],
  ],
  [
    'a cast through an integer of the other sign',
    (a) => astype(astype(a!, 'uint32'), 'float32'),
    [n],
  ],
];

describe('simplify-arithmetic', () => {
  test.each(gone)('leaves out %s', (_name, f, args, after) => {
    const [before, now] = rewritten(f, args);
    expect(now).toBe(after);
    expect(before).not.toBe(after);
  });

  test.each(simpler)('rewrites %s', (_name, f, args, after) => {
    const [before, now] = rewritten(f, args);
    expect(now).toBe(after);
    expect(before).not.toBe(after);
  });

  test.each(kept)('keeps %s', (_name, f, args) => {
    const [before, now] = rewritten(f, args);
    expect(now).toBe(before);
  });

  test('knows repeated numbers of any shape, and keeps their dtype', () => {
    const graph = graphOf(
      (a: Tensor) => a.mul(full([2, 3], 1)).div(full([2, 3], 8)),
      full([2, 3], 5),
    );
    expect(textOf(graph, shareCommon, simplifyArithmetic, eliminateDead)).toBe(
      '%0 = input float32[2, 3]\n%1 = constant float32[2, 3]\n%2 = mul(%0, %1) float32[2, 3]\nreturn %2',
    );
  });

  test('returns the graph itself if there is nothing to do', () => {
    const graph = graphOf((a: Tensor) => exp(a), x);
    expect(simplifyArithmetic.run(graph)).toBe(graph);
  });
});
