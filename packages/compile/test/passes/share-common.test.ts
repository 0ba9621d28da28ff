import { describe, expect, test } from '@jest/globals';
import {
  add,
  equal,
  exp,
  less,
  maximum,
  mul,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import type { View } from '@tikhonov/core/engine';
import type { Constant } from '../../src/graph/graph.ts';
import { keyOfAttrs } from '../../src/passes/attrs-key.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { shareCommon } from '../../src/passes/share-common.ts';
import { shareConstants } from '../../src/passes/share-constants.ts';
import { graphOf, textOf } from '../support.ts';

const x = tensor([1, 2]);

const viewOf = (values: readonly number[], dtype: 'float32' | 'float64' = 'float32'): View =>
  tensor(values, { dtype }).view;

const constants = (...views: readonly View[]): readonly Constant[] =>
  views.map((view, id) => ({ value: { id, shape: view.shape, dtype: view.dtype }, view }));

/** For every constant the place of the one that is kept for it. */
function twins(...views: readonly View[]): readonly number[] {
  const given = constants(...views);
  const { replaced } = shareConstants(given);
  return given.map(({ value }) => (replaced.get(value) ?? value).id);
}

describe('shared constants', () => {
  test('are those with the same elements, shape and dtype', () => {
    expect(
      twins(viewOf([1, 2, 3]), viewOf([1, 2, 3]), viewOf([1, 2, 4]), viewOf([1, 2, 3], 'float64'), {
        ...viewOf([1, 2, 3]),
        shape: [3, 1],
        stride: [1, 1],
      }),
    ).toEqual([0, 0, 2, 3, 4]);
  });

  test('are told apart by the signs of zeros, and NaN is NaN', () => {
    expect(twins(viewOf([0, 1]), viewOf([-0, 1]), viewOf([NaN, 1]), viewOf([NaN, 1]))).toEqual([
      0, 1, 2, 2,
    ]);
    expect(twins(viewOf([0]), viewOf([-0]), viewOf([NaN]), viewOf([NaN]), viewOf([0]))).toEqual([
      0, 1, 2, 2, 0,
    ]);
  });

  test('that repeat a number hold it once, whatever their layout was', () => {
    const dense = viewOf([7, 7, 7, 7]);
    const repeated = { ...viewOf([7]), shape: [4], stride: [0] };
    const part = { ...viewOf([1, 7, 2]), shape: [4], stride: [0], offset: 1 };
    const { constants: kept } = shareConstants(constants(dense, repeated, part));
    expect(kept).toHaveLength(1);
    expect(kept[0]!.view.stride).toEqual([0]);
    expect([...kept[0]!.view.data]).toEqual([7]);
  });

  test('may be large and the same storage', () => {
    const data = Float32Array.from({ length: 70_000 }, (_, i) => i);
    const view: View = { dtype: 'float32', data, shape: [70_000], stride: [1], offset: 0 };
    expect(twins(view, view, { ...view, data: data.slice() })).toEqual([0, 0, 2]);
  });

  test('are the same list if all differ', () => {
    const given = constants(viewOf([1, 2]), viewOf([2, 1]));
    expect(shareConstants(given).constants).toBe(given);
  });

  test('make equations the same that use them', () => {
    const graph = graphOf((a: Tensor) => a.mul(1e-8).add(a.mul(1e-8)), x);
    expect(graph.constants).toHaveLength(2);
    expect(textOf(graph, shareCommon, eliminateDead)).toBe(
      [
        '%0 = input float32[2]',
        '%1 = constant float32[2]',
        '%2 = mul(%0, %1) float32[2]',
        '%3 = add(%2, %2) float32[2]',
        'return %3',
      ].join('\n'),
    );
  });
});

describe('share-common', () => {
  const count = (f: (a: Tensor, b: Tensor) => unknown): number =>
    shareCommon.run(graphOf(f, x, x)).equations.length;

  test('takes operands in either order where that makes no difference', () => {
    for (const f of [add, mul, maximum, equal]) expect(count((a, b) => [f(a, b), f(b, a)])).toBe(1);
    for (const f of [sub, less]) expect(count((a, b) => [f(a, b), f(b, a)])).toBe(2);
  });

  test('keeps the one graph if there is nothing to share', () => {
    const graph = graphOf((a: Tensor) => sum(exp(a)), x);
    expect(shareCommon.run(graph)).toBe(graph);
  });

  test('sees attributes of lists and nested ones', () => {
    const parts = (a: Tensor): unknown => [
      slice(a, [{ start: 0, stop: 1 }]),
      slice(a, [{ start: 0, stop: 1 }]),
      slice(a, [{ start: 1, stop: 2 }]),
      reshape(a, [2, 1]),
      reshape(a, [1, 2]),
    ];
    expect(shareCommon.run(graphOf(parts, x)).equations).toHaveLength(4);
  });
});

test('attributes have the same text only if they are the same', () => {
  const key = keyOfAttrs();
  const f = (): void => {};
  const different: readonly unknown[] = [
    null,
    undefined,
    0,
    -0,
    1,
    1n,
    '1',
    true,
    'true',
    NaN,
    [],
    [1],
    [[1]],
    [1, 2],
    ['1,2'],
    {},
    { a: 1 },
    { a: '1' },
    { a: 1, b: 2 },
    { a: { b: 2 } },
    f,
    (): void => {},
    new Float32Array(1),
    new Float32Array(1),
  ];
  expect(new Set(different.map(key)).size).toBe(different.length);
  for (const attrs of [{ a: [1, { b: -0 }] }, { f }]) expect(key(attrs)).toBe(key({ ...attrs }));
});
