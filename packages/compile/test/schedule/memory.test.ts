import { describe, expect, test } from '@jest/globals';
import { fc } from '@tikhonov/check';
import { MemoryPlan } from '../../src/codegen/memory.ts';

/** A block as it is asked for: bytes, steps since the one before, and for how many steps. */
const requests = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 2 }), fc.nat({ max: 6 })), {
  maxLength: 40,
});

describe('a plan of memory', () => {
  test('never gives the same bytes to blocks that are in use at the same time', () => {
    fc.assert(
      fc.property(requests, fc.nat({ max: 200 }), (asked, start) => {
        const plan = new MemoryPlan(start);
        let from = 0;
        const blocks = asked.map(([bytes, later, steps]) => {
          from += later;
          const at = plan.place(bytes, from, from + steps);
          return { at, end: at + Math.max(1, bytes), from, until: from + steps };
        });
        for (const [k, a] of blocks.entries()) {
          expect(a.at).toBeGreaterThanOrEqual(start);
          expect(a.at % 64).toBe(0);
          expect(a.end).toBeLessThanOrEqual(plan.end);
          for (const b of blocks.slice(k + 1)) {
            const together = a.from <= b.until && b.from <= a.until;
            expect(together && a.at < b.end && b.at < a.end).toBe(false);
          }
        }
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  test('gives memory again that is not used any more', () => {
    const plan = new MemoryPlan(64);
    // A chain: every step reads the block of the step before.
    for (let step = 0; step < 100; step++) plan.place(1000, step, step + 1);
    expect(plan.end).toBe(64 + 2 * 1024);
  });

  test('takes the smallest gap that is large enough', () => {
    const plan = new MemoryPlan(0);
    const large = plan.place(640, 0, 1);
    plan.place(64, 0, 9);
    const small = plan.place(128, 0, 1);
    plan.place(64, 0, 9);
    expect(plan.place(128, 2, 9)).toBe(small);
    expect(plan.place(256, 2, 9)).toBe(large);
    expect(plan.place(384, 2, 9)).toBe(large + 256);
    expect(plan.end).toBe(896);
  });
});
