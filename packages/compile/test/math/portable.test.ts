import { describe, expect, test } from '@jest/globals';
import { normalFromBits } from '../../src/math/index.ts';
import { compiled, Draw, eager, laneTypes, points, vectorLoop, viewOf } from './harness.ts';
import { randomArguments, specialArguments } from './points.ts';

describe.each(laneTypes)('the same bits as eager draws in %s', (type) => {
  test.each(['portableLog', 'portableExp'] as const)('%s', (name) => {
    for (const [x] of [specialArguments(name, type), randomArguments(name, type, 3 * points)]) {
      const dtype = type === 'f32x4' ? 'float32' : 'float64';
      expect(compiled(name, type, [x!])).toEqual(eager(name, [viewOf(x!, dtype)]));
    }
  });
});

describe('exponentials of draws', () => {
  test('round twice where the eager ones do', () => {
    const x = Float64Array.from({ length: 20_000 }, (_, k) => -745.2 + k * 0.00184);
    expect(compiled('portableExp', 'f64x2', [x])).toEqual(
      eager('portableExp', [viewOf(x, 'float64')]),
    );
  });
});

describe('normal draws', () => {
  test('have the same bits as eager ones', () => {
    const draw = new Draw(7);
    const ends = [0, 1, 2, 0xffffffff, 0xfffffffe, 0x40000000, 0x80000000, 0xc0000000, 0x3fffffff];
    const words = Uint32Array.from([
      ...ends.flatMap((a) => ends.flatMap((b) => [a, b])),
      ...Array.from({ length: 2 * (2 * points + 1) }, () => draw.word()),
    ]);
    const { memory, run } = vectorLoop(normalFromBits, 'f64x2', 1, words.byteLength);
    new Uint32Array(memory.buffer).set(words);
    run();
    const got = new Float64Array(memory.buffer, words.byteLength, words.length / 2);
    const want = eager('normalFromBits', [viewOf(words, 'uint32', [words.length / 2, 2])]);
    expect(Float64Array.from(got)).toEqual(want);
  });
});
