import { describe, expect, test } from '@jest/globals';
import { tensor } from '@tikhonov/core';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  loadSafetensors,
  saveSafetensors,
} from '@tikhonov/train';
import { formatError } from './helpers.ts';

const checkpoint = {
  tensors: { 'model.w': tensor([[1, -0]]), key: tensor([1, 2 ** 32 - 1], { dtype: 'uint32' }) },
  state: {
    epoch: 3,
    values: [Number.NaN, -0, Infinity, -Infinity, 0.1, 5e-324],
    nested: { best: null, on: true, name: 'a "quoted" \u2028 text', weights: { w: tensor([7]) } },
  },
};

test('everything comes back, bit for bit', async () => {
  const { tensors, state } = await decodeCheckpoint(await encodeCheckpoint(checkpoint));
  expect(tensors['model.w']!.toArray()).toEqual([[1, -0]]);
  expect(tensors.key!.toArray()).toEqual([1, 2 ** 32 - 1]);
  const { nested, ...rest } = state as Record<string, unknown>;
  expect(rest).toEqual({ epoch: 3, values: checkpoint.state.values });
  const { weights, ...texts } = nested as { weights: { w: { toArray(): unknown } } };
  expect(texts).toEqual({ best: null, on: true, name: checkpoint.state.nested.name });
  expect(weights.w.toArray()).toEqual([7]);
});

test('a checkpoint is a safetensors file', async () => {
  const { tensors, metadata } = loadSafetensors(await encodeCheckpoint(checkpoint));
  expect(tensors['tensors.model.w']!.shape).toEqual([1, 2]);
  expect([metadata.format, metadata.version]).toEqual(['tikhonov-checkpoint', '1']);
});

test('every changed byte and every cut is noticed', async () => {
  const file = await encodeCheckpoint(checkpoint);
  for (let i = 0; i < file.length; i += 1) {
    const changed = file.slice();
    changed[i]! ^= 1 << (i % 8);
    await formatError(() => decodeCheckpoint(changed));
    await formatError(() => decodeCheckpoint(file.subarray(0, i)));
  }
});

test('the checksum covers what an attacker would keep valid', async () => {
  const file = await encodeCheckpoint(checkpoint);
  file[file.length - 1]! ^= 1;
  expect(await formatError(() => decodeCheckpoint(file))).toBe(
    'decodeCheckpoint: the checksum is wrong.\n  The file is damaged; use an older one.',
  );
});

describe('other files', () => {
  test('weights are no checkpoint', async () => {
    const file = saveSafetensors({ w: tensor([1]) });
    expect(await formatError(() => decodeCheckpoint(file))).toContain('this is no checkpoint');
  });

  test('another version is named', async () => {
    const metadata = { format: 'tikhonov-checkpoint', version: '2' };
    const file = saveSafetensors({}, { metadata });
    expect(await formatError(() => decodeCheckpoint(file))).toContain(
      "the version is '2', known is '1'",
    );
  });
});

test.each([
  ['a function', { callbacks: [{ f: () => 1 }] }, 'state.callbacks[0].f is function'],
  ['an instance of a class', { when: new Date(0) }, 'state.when is object'],
  ['a reserved name', { $tensor: 'x' }, 'state.$tensor is a name that is reserved'],
])('%s cannot be saved', async (_, state, text) => {
  await expect(encodeCheckpoint({ tensors: {}, state: state as never })).rejects.toThrow(text);
});
