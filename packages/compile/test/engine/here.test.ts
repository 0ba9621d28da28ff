import { beforeAll, describe, expect, test } from '@jest/globals';
import { matmul, random, type Tensor, tanh } from '@tikhonov/core';
import { compile } from '../../src/compile.ts';
import { chooser, hostHere, requireEngine, tryProduct } from '../../src/engine/index.ts';
import { probeEngine, profileFor } from '../../src/kernels/gemm/index.ts';

// The engine that runs the tests, whichever it is: what is claimed must be so, and no flag stays.

const host = hostHere();
const product = (x: Tensor): Tensor => tanh(matmul(x, x)).sum();
let x: Tensor;
beforeAll(() => {
  x = random.uniform(random.key(3), [40, 40]);
});

/** Whether modules with relaxed SIMD are valid: seen without asking V8 for its flags. */
const accepted = (): boolean => probeEngine().relaxed;

describe('in this process', () => {
  test('flags can be set under Node', () => {
    expect(host.flags).not.toBeNull();
    expect(host.v8).toBe(process.versions.v8);
    expect(requireEngine).not.toThrow();
  });

  test('a trial of the plain kernels is right', () => {
    const outcome = tryProduct(host, profileFor(probeEngine({ v8: host.v8 })), []);
    expect(outcome.right).toBe(true);
    expect(outcome.best).toBeGreaterThan(0);
  });

  test('the trials of both options take less than 50 ms', () => {
    // Once a process, but the machine that tests may be busy.
    const times = [0, 1, 2].map(() => {
      const start = performance.now();
      chooser(host)({ deterministic: false, wide: true, eagerTier: true });
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test('programs compute the same, and say what they got or why not', () => {
    const before = accepted();
    const want = product(x).item();
    for (const options of [{ wide: true }, { eagerTier: true }, { wide: true, eagerTier: true }]) {
      const compiled = compile(product, options);
      expect(Math.abs(compiled(x).item() - want)).toBeLessThanOrEqual(1e-5 * Math.abs(want));
      const { engine } = compiled.explain()[0]!;
      const given = engine.wide || engine.eagerTier || engine.relaxed;
      expect(given || engine.reason !== undefined).toBe(true);
    }
    expect(accepted()).toBe(before);
  });

  test('results with deterministic do not depend on wide', () => {
    const [a, b] = [{ deterministic: true }, { deterministic: true, wide: true }].map((options) =>
      compile(product, options)(x).item(),
    );
    expect(b).toBe(a);
  });

  test('options must be booleans', () => {
    const options = { wide: 1 } as { wide: never };
    expect(() => compile(product, options)).toThrow(/wide/);
  });
});
