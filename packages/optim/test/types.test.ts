import { expect, test } from '@jest/globals';
import { type Tensor, tensor } from '@tikhonov/core';
import {
  type AdamState,
  chain,
  clipByValue,
  type NoState,
  scaleByAdam,
  scaleByLearningRate,
  type TraceState,
  type Transform,
  trace,
} from '../src/index.ts';

test('the state of a chain is typed: the tuple of its parts', () => {
  const both = chain(clipByValue(1), trace({ momentum: 0.9 }), scaleByAdam());
  const typed: Transform<readonly [NoState, TraceState, AdamState]> = both;
  const [none, { trace: buffers }, { mu, count }] = typed.init({ w: tensor([1, 2]) });
  const shape = (x: Tensor | undefined): readonly number[] | undefined => x?.shape;
  expect([none, shape(buffers.w), shape(mu.w), count.dtype]).toEqual([[], [2], [2], 'int32']);
});

test('chains nest and fit where any transform does', () => {
  const parts: readonly Transform[] = [chain(trace({ momentum: 0.5 })), scaleByLearningRate(1)];
  const nested = chain(...parts);
  const g = { w: tensor([2]) };
  expect(nested.update(g, nested.init(g), g)[0].w!.toArray()).toEqual([-2]);
});
