import { describe, expect, test } from '@jest/globals';
import { Emission, unary } from '../../src/math/emission.ts';
import { functions } from '../../src/math/index.ts';
import { Code } from '../../src/wasm/code.ts';
import { vectorLoop } from './harness.ts';

/** Float64 results of an emitter. */
function apply(emit: Parameters<typeof vectorLoop>[0], x: readonly number[]): number[] {
  const { memory, run } = vectorLoop(emit, 'f64x2', 1, 8 * x.length);
  new Float64Array(memory.buffer).set(x);
  run();
  return [...new Float64Array(memory.buffer, 8 * x.length, x.length)];
}

describe('expressions', () => {
  test('a value that is used twice is computed once', () => {
    let written = 0;
    const emit = unary((x) => {
      const root = x.raw('f64x2', (code) => {
        written += 1;
        code.op('f64x2.sqrt');
      });
      return root.mul(root).add(root);
    });
    expect(apply(emit, [4, 9])).toEqual([6, 12]);
    expect(written).toBe(1);
  });

  test('functions one after the other share their locals', () => {
    const used = (times: number): number => {
      const code = new Code(['v128']);
      for (let k = 0; k < times; k++) {
        code.get(0);
        functions.pow.emit(code.get(0), 'f64x2');
        code.op('drop');
      }
      return code.local('v128');
    };
    expect(used(3)).toBe(used(1));
  });

  test('one function may follow another in a body', () => {
    const emit: Parameters<typeof vectorLoop>[0] = (code, type) => {
      functions.exp.emit(code, type);
      functions.log.emit(code, type);
    };
    const [a, b] = apply(emit, [1.25, -3]);
    expect(a).toBeCloseTo(1.25, 14);
    expect(b).toBeCloseTo(-3, 14);
  });

  test('kept values may be assigned', () => {
    const emit = unary((x) => {
      const sum = x.keep();
      x.into.assign(sum, sum.add(1));
      return sum.mul(x);
    });
    expect(apply(emit, [2, 5])).toEqual([6, 30]);
    expect(() => {
      const into = new Emission(new Code([]));
      into.assign(into.number('f64x2', 1), into.number('f64x2', 2));
    }).toThrow('internal: assignment to what was not kept.');
  });
});
