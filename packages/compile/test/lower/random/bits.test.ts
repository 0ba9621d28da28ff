import { describe, expect, test } from '@jest/globals';
import { foldInP, normalFromBitsP, randomBitsP } from '@tikhonov/core/engine';
import { randomRules, threefryLanes } from '../../../src/lower/loops/random/index.ts';
import { Emission } from '../../../src/math/emission.ts';
import { ModuleWriter } from '../../../src/wasm/module.ts';
import { denseView, elementsOf } from '../harness.ts';
import { backwards, expectSame, keyOf, keys } from './support.ts';

const words = [0, 1, null] as const;

describe.each(words)('random bits, word %s', (word) => {
  test('of every number of elements around whole turns', () => {
    for (let n = 0; n <= 56; n++) {
      expectSame(randomBitsP, [keys[n % keys.length]!], { shape: [n], word });
    }
    for (let rest = 0; rest < 8; rest++) {
      expectSame(randomBitsP, [keyOf(rest, 99)], { shape: [4800 + rest], word });
    }
  });

  test('of shapes, scalars and keys anywhere', () => {
    for (const key of keys) {
      expectSame(randomBitsP, [key], { shape: [], word });
      expectSame(randomBitsP, [key], { shape: [3, 2, 5], word });
      expectSame(randomBitsP, [backwards(key)], { shape: [3, 0], word });
      expectSame(randomBitsP, [backwards(key)], { shape: [31], word });
    }
  });
});

test('two kernels of a module share the function that makes bits', () => {
  const attrs = { shape: [1000], word: 1 } as const;
  const rule = randomRules.get('randomBits')!;
  const bytes = (count: number): number => {
    const writer = new ModuleWriter(1);
    for (let k = 0; k < count; k++) {
      rule.emit(writer, {
        inputs: [{ dtype: 'uint32', layout: { shape: [2], strides: [1], offset: 0 } }],
        outputs: [{ shape: [1000], dtype: 'uint32' }],
        attrs,
      });
    }
    return writer.encode().length;
  };
  expect(bytes(2) - bytes(1)).toBeLessThan(40);
});

test('lanes of words for a kernel that needs them in registers', () => {
  const [n, key] = [16, [0x9e3779b9, 0xffffffff]];
  const writer = new ModuleWriter(1);
  writer.function(
    [],
    [],
    (code) => {
      const into = new Emission(code);
      const [key0, key1] = key.map((word) => into.constant('f32x4', 'i32x4', word));
      for (let first = 0; first < n; first += 4) {
        const counter = into.leaf('f32x4', () => {
          code.i32(first).op('i32x4.splat');
          for (let lane = 1; lane < 4; lane++)
            code.i32(first + lane).lane('i32x4.replace_lane', lane);
        });
        const drawn = threefryLanes(into, key0!, key1!, counter);
        for (const [part, lanes] of drawn.entries()) {
          code.i32(4 * (first + part * n));
          into.put(lanes);
          code.memory('v128.store', 0);
        }
      }
      into.done();
    },
    'run',
  );
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(writer.encode());
  (new WebAssembly.Instance(module, { env: { memory } }).exports.run as () => void)();
  const got = [...new Uint32Array(memory.buffer, 0, 2 * n)];
  const view = keyOf(key[0]!, key[1]!);
  expect(got).toEqual(
    [0, 1].flatMap((word) => [
      ...randomBitsP.forward([view], { shape: [n], word: word as 0 | 1 }).data,
    ]),
  );
});

describe('folding a number into a key', () => {
  test('for both uses, signed and unsigned numbers, keys anywhere', () => {
    for (const stream of ['fold', 'split'] as const) {
      for (const key of [...keys, ...keys.map(backwards)]) {
        for (const data of [0, 1, 77, 2 ** 31 - 1]) {
          expectSame(foldInP, [key, denseView([data], [], 'int32')], { stream });
        }
        expectSame(foldInP, [key, denseView([-5], [], 'int32')], { stream });
        expectSame(foldInP, [key, denseView([2 ** 32 - 1], [], 'uint32')], { stream });
      }
    }
  });
});

describe('normal values from bits', () => {
  test('of every remainder, of extreme words', () => {
    const ends = [0, 1, 2, 0xffffffff, 0xfffffffe, 0x40000000, 0x80000000, 0xc0000000, 0x3fffffff];
    const pairs = ends.flatMap((a) => ends.flatMap((b) => [a, b]));
    expectSame(normalFromBitsP, [denseView(pairs, [pairs.length / 2, 2], 'uint32')], null);
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 8, 1000, 1001]) {
      const bits = randomBitsP.forward([keys[3]!], { shape: [n], word: null });
      const z = expectSame(normalFromBitsP, [bits], null);
      expect(elementsOf(z).every((x) => Math.abs(x) < 6.7)).toBe(true);
    }
  });
});
