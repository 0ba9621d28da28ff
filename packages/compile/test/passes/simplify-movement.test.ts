import { describe, expect, test } from '@jest/globals';
import {
  add,
  broadcastTo,
  concat,
  exp,
  flip,
  greater,
  max,
  neg,
  pad,
  permute,
  reshape,
  slice,
  sum,
  type Tensor,
  where,
  zeros,
} from '@tikhonov/core';
import { bind, broadcastToP, padP, permuteP, reshapeP, sliceP } from '@tikhonov/core/engine';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { simplifyMovement } from '../../src/passes/simplify-movement.ts';
import { type Call, graphOf, textOf } from '../support.ts';

const of = (...shape: readonly number[]): Tensor => zeros(shape);

/** The equations before and after, without the inputs. */
function rewritten(f: Call, args: readonly Tensor[]): readonly [string, string] {
  const graph = graphOf(f as never, ...args);
  const brief = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !line.includes('= input'))
      .join('; ');
  return [
    brief(textOf(graph, shareCommon, eliminateDead)),
    brief(textOf(graph, shareCommon, simplifyMovement, eliminateDead)),
  ];
}

type Row = readonly [name: string, f: Call, args: readonly Tensor[], after: string];

const still = (n: number): { starts: number[]; steps: number[] } => ({
  starts: new Array<number>(n).fill(0),
  steps: new Array<number>(n).fill(1),
});

const gone: readonly Row[] = [
  ['two transposes', (a) => a!.transpose().transpose(), [of(2, 3)], 'return %0'],
  ['a permutation of nothing', (a) => permute(a!, [0, 1]), [of(2, 3)], 'return %0'],
  [
    'a reshape there and back',
    (a) => reshape(reshape(a!, [3, 2]), [2, 3]),
    [of(2, 3)],
    'return %0',
  ],
  ['a reshape of nothing', (a) => bind(reshapeP, [a!], { shape: [2] }), [of(2)], 'return %0'],
  ['a broadcast of nothing', (a) => bind(broadcastToP, [a!], { shape: [2] }), [of(2)], 'return %0'],
  [
    'a slice of everything',
    (a) => bind(sliceP, [a!], { ...still(1), stops: [2] }),
    [of(2)],
    'return %0',
  ],
  [
    'a padding of nothing',
    (a) => bind(padP, [a!], { low: [0], high: [0], interior: [0] }),
    [of(2)],
    'return %0',
  ],
  ['a flip of size 1', (a) => flip(a!, [0]), [of(1, 3)], 'return %0'],
  ['two flips', (a) => flip(flip(a!, [0, 1]), [1, 0]), [of(2, 3)], 'return %0'],
  ['the largest of one', (a) => max(a!, { axis: 0, keepdims: true }), [of(1, 3)], 'return %0'],
  [
    'the slice that undoes a padding with steps',
    (a) =>
      bind(sliceP, [bind(padP, [a!], { low: [1], high: [2], interior: [1] })], {
        starts: [1],
        stops: [6],
        steps: [2],
      }),
    [of(3)],
    'return %0',
  ],
  [
    'a part of a concatenation',
    (a, b) => slice(concat([a!, b!]), [{ start: 2 }]),
    [of(2), of(3)],
    'return %1',
  ],
  ['a concatenation with nothing', (a, b) => concat([a!, b!]), [of(2), of(0)], 'return %0'],
];

const simpler: readonly Row[] = [
  [
    'two permutations',
    (a) => permute(permute(a!, [1, 2, 0]), [1, 2, 0]),
    [of(2, 3, 4)],
    '%1 = permute(%0) { permutation: [2,0,1] } float32[4, 2, 3]; return %1',
  ],
  [
    'a permutation of axes of size 1',
    (a) => permute(a!, [1, 0, 2]),
    [of(2, 1, 4)],
    '%1 = reshape(%0) { shape: [1,2,4] } float32[1, 2, 4]; return %1',
  ],
  [
    'a permutation of axes of size 1 between reshapes',
    (a) => reshape(bind(permuteP, [reshape(a!, [1, 6])], { permutation: [1, 0] }), [3, 2]),
    [of(6)],
    '%1 = reshape(%0) { shape: [3,2] } float32[3, 2]; return %1',
  ],
  [
    'two broadcasts',
    (a) => broadcastTo(broadcastTo(a!, [3, 4]), [2, 3, 4]),
    [of(3, 1)],
    '%1 = broadcastTo(%0) { shape: [2,3,4] } float32[2, 3, 4]; return %1',
  ],
  [
    'a broadcast with axes put in front by a reshape',
    (a) => broadcastTo(reshape(a!, [1, 1, 4]), [2, 3, 4]),
    [of(4)],
    '%1 = broadcastTo(%0) { shape: [2,3,4] } float32[2, 3, 4]; return %1',
  ],
  [
    'two slices',
    (a) => slice(slice(a!, [{ start: 1, step: 2 }]), [{ start: 1, step: 2 }]),
    [of(10)],
    '%1 = slice(%0) { starts: [3], stops: [8], steps: [4] } float32[2]; return %1',
  ],
  [
    'two flips of different axes',
    (a) => flip(flip(a!, [0]), [1]),
    [of(2, 3)],
    '%1 = flip(%0) { axes: [0,1] } float32[2, 3]; return %1',
  ],
  [
    'two paddings',
    (a) => pad(pad(a!, [[1, 2]]), [[3, 4]]),
    [of(2)],
    '%1 = pad(%0) { low: [4], high: [6], interior: [0] } float32[12]; return %1',
  ],
  [
    'a slice inside of a padding',
    (a) => slice(pad(a!, [[1, 1]]), [{ start: 2, stop: 4 }]),
    [of(4)],
    '%1 = slice(%0) { starts: [1], stops: [3], steps: [1] } float32[2]; return %1',
  ],
  [
    'a slice inside of one part',
    (a, b) => slice(concat([a!, b!], { axis: 1 }), [{ start: 1 }, { start: 3 }]),
    [of(2, 2), of(2, 3)],
    '%2 = slice(%1) { starts: [1,1], stops: [2,3], steps: [1,1] } float32[1, 2]; return %2',
  ],
  [
    'a slice of repetitions',
    (a) => slice(broadcastTo(a!, [5, 4]), [{ start: 2 }, { start: 1, stop: 3 }]),
    [of(4)],
    '%1 = slice(%0) { starts: [1], stops: [3], steps: [1] } float32[2]; %2 = broadcastTo(%1) { shape: [3,2] } float32[3, 2]; return %2',
  ],
  [
    'a sum over size 1, which makes 0 of -0',
    (a) => sum(a!, { axis: 0, keepdims: true }),
    [of(1)],
    '%1 = constant float32[1]; %2 = add(%0, %1) float32[1]; return %2',
  ],
  [
    'a sum over size 1 among others',
    (a) => sum(a!, { axis: [0, 1], keepdims: true }),
    [of(1, 3)],
    '%1 = sum(%0) { axes: [1] } float32[1, 1]; return %1',
  ],
  [
    'a sum of repetitions',
    (a) => sum(broadcastTo(a!, [3, 2]), { axis: 0, keepdims: true }),
    [of(2)],
    '%1 = constant float32[2]; %2 = constant float32[2]; %3 = mul(%0, %1) float32[2]; %4 = add(%3, %2) float32[2]; %5 = broadcastTo(%4) { shape: [1,2] } float32[1, 2]; return %5',
  ],
  [
    'a map of repetitions',
    (a) => exp(broadcastTo(a!, [3, 2])),
    [of(2)],
    '%1 = exp(%0) float32[2]; %2 = broadcastTo(%1) { shape: [3,2] } float32[3, 2]; return %2',
  ],
  [
    'maps of repetitions, some less often',
    (a, b) => neg(add(broadcastTo(a!, [4, 3, 2]), broadcastTo(b!, [4, 3, 2]))),
    [of(2), of(3, 1)],
    '%2 = broadcastTo(%0) { shape: [3,2] } float32[3, 2]; %3 = broadcastTo(%1) { shape: [3,2] } float32[3, 2]; %4 = add(%2, %3) float32[3, 2]; %5 = neg(%4) float32[3, 2]; %6 = broadcastTo(%5) { shape: [4,3,2] } float32[4, 3, 2]; return %6',
  ],
  [
    'a map of repetitions and numbers',
    (a) => where(greater(broadcastTo(a!, [3, 2]).mul(2), 0), 1, 2),
    [of(1, 2)],
    '%1 = constant float32[1, 2]; %2 = constant float32[1, 2]; %3 = constant float32[1, 2]; %4 = mul(%0, %1) float32[1, 2]; %5 = less(%2, %4) bool[1, 2]; %6 = where(%5, %3, %1) float32[1, 2]; %7 = broadcastTo(%6) { shape: [3,2] } float32[3, 2]; return %7',
  ],
];

const kept: readonly (readonly [name: string, f: Call, args: readonly Tensor[]])[] = [
  ['a transpose', (a) => a!.transpose(), [of(2, 3)]],
  ['a slice across parts', (a, b) => slice(concat([a!, b!]), [{ start: 1 }]), [of(2), of(3)]],
  ['a slice of what is padded', (a) => slice(pad(a!, [[1, 1]]), [{ stop: 3 }]), [of(4)]],
  [
    'a slice of the zeros between',
    (a) =>
      bind(sliceP, [bind(padP, [a!], { low: [0], high: [0], interior: [1] })], {
        starts: [1],
        stops: [5],
        steps: [2],
      }),
    [of(3)],
  ],
  [
    'a slice of elements and zeros between',
    (a) =>
      bind(sliceP, [bind(padP, [a!], { low: [0], high: [0], interior: [1] })], {
        starts: [0],
        stops: [3],
        steps: [1],
      }),
    [of(3)],
  ],
  ['a broadcast with an axis between', (a) => broadcastTo(reshape(a!, [4, 1]), [4, 3]), [of(4)]],
  [
    'a map of repetitions in which all elements meet',
    (a, b) => add(broadcastTo(a!, [3, 2]), broadcastTo(b!, [3, 2])),
    [of(3, 1), of(2)],
  ],
  [
    'a sum of float64 repeated thrice, which rounds otherwise',
    (a) => sum(broadcastTo(a!, [3, 2]), { axis: 0 }),
    [zeros([2], { dtype: 'float64' })],
  ],
  ['a sum over more than repetitions', (a) => sum(broadcastTo(a!, [3, 2])), [of(2)]],
  ['an empty slice', (a) => slice(slice(a!, [{ start: 2 }]), [{ start: 9 }]), [of(4)]],
];

describe('simplify-movement', () => {
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
});
