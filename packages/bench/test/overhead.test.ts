import { describe, expect, test } from '@jest/globals';
import { reg } from 'tikhonov';
import { measureOverhead, networkOf } from '../src/overhead.ts';

const budget = { warmup: 1, epochs: 2, steps: 2 };

describe('overhead of methods', () => {
  test('two trainings take turns and both end', async () => {
    const { method, network, plainUs, methodUs, ratio } = await measureOverhead('dropout', budget);
    expect([method, network]).toEqual(['dropout', 'mlp']);
    for (const time of [plainUs, methodUs, ratio.median, ratio.p10, ratio.p90]) {
      expect(Number.isFinite(time) && time > 0).toBe(true);
    }
  });

  test('a method is measured on the first network that it acts on', () => {
    const kinds = reg.methods.map((method) => networkOf(method));
    for (const [i, { networks }] of reg.methods.entries()) {
      if (networks === undefined) expect(kinds[i]).toBe('mlp');
      else expect([null, ...networks]).toContain(kinds[i]);
    }
  });

  test('an unknown method is refused', async () => {
    await expect(measureOverhead('dropuot', budget)).rejects.toThrow('Did you mean dropout?');
  });
});
