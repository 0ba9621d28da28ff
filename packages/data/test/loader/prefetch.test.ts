import { describe, expect, test } from '@jest/globals';
import { prefetch } from '@tikhonov/data';
import fc from 'fast-check';

const settings = { seed: 23, numRuns: 25 };

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** A few turns of the event loop. */
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

/** What happened to a source of `count` numbers. */
class Watched {
  asked = 0;
  closed = 0;
  running = 0;
  most = 0;
  readonly count: number;
  readonly failAt: number;

  constructor(count: number, failAt = -1) {
    this.count = count;
    this.failAt = failAt;
  }

  async load(i: number, delay: number): Promise<number> {
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    await turns(delay);
    this.running -= 1;
    if (i === this.failAt) throw new Error(`item ${i} is broken`);
    return i;
  }

  async *sequence(): AsyncGenerator<number> {
    try {
      for (let i = 0; i < this.count; i++) {
        this.asked += 1;
        yield await this.load(i, i % 3);
      }
    } finally {
      this.closed += 1;
    }
  }

  *promises(): Generator<Promise<number>> {
    try {
      for (let i = 0; i < this.count; i++) {
        this.asked += 1;
        yield this.load(i, (7 * i) % 5);
      }
    } finally {
      this.closed += 1;
    }
  }
}

const kinds = ['sequence', 'promises'] as const;

describe.each(kinds)('prefetch of %s', (kind) => {
  test('gives every item once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.integer({ min: 1, max: 6 }), async (count, size) => {
        const source = new Watched(count);
        const got = await collect(prefetch(source[kind](), { size }));
        expect(got).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(source.closed).toBe(1);
      }),
      settings,
    );
  });

  test('asks for at most `size` items ahead, and does ask for them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), async (size) => {
        const source = new Watched(30);
        let taken = 0;
        for await (const _ of prefetch(source[kind](), { size })) {
          taken += 1;
          await turns(100);
          expect(source.asked).toBe(Math.min(30, taken + size));
        }
        expect(source.most).toBe(kind === 'sequence' ? 1 : size);
      }),
      settings,
    );
  });

  test('an error comes in its turn, and the source is closed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(9), fc.integer({ min: 1, max: 12 }), async (failAt, size) => {
        const source = new Watched(10, failAt);
        const got: number[] = [];
        const walk = async (): Promise<void> => {
          for await (const item of prefetch(source[kind](), { size })) got.push(item);
        };
        await expect(walk()).rejects.toThrow(`item ${failAt} is broken`);
        expect(got).toEqual(Array.from({ length: failAt }, (_, i) => i));
        expect(source.closed).toBe(1);
        const { asked } = source;
        await turns(100);
        expect(source.asked).toBe(asked);
      }),
      settings,
    );
  });

  test('leaving early closes the source before the loop is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(8), fc.integer({ min: 1, max: 6 }), async (stop, size) => {
        const source = new Watched(30);
        for await (const item of prefetch(source[kind](), { size })) if (item === stop) break;
        expect(source.closed).toBe(1);
        const { asked } = source;
        expect(asked).toBeLessThanOrEqual(stop + 1 + size);
        await turns(100);
        expect(source.asked).toBe(asked);
      }),
      settings,
    );
  });

  test('nothing is asked for before the loop begins', async () => {
    const source = new Watched(3);
    const ahead = prefetch(source[kind]());
    await turns(20);
    expect(source.asked).toBe(0);
    await ahead.return();
    expect(source.asked).toBe(0);
  });
});

describe('prefetch', () => {
  test('an error while an iterable makes an item comes after the items before it', async () => {
    function* items(): Generator<number> {
      yield 1;
      throw new Error('no second item');
    }
    const got: number[] = [];
    const walk = async (): Promise<void> => {
      for await (const item of prefetch(items(), { size: 4 })) got.push(item);
    };
    await expect(walk()).rejects.toThrow('no second item');
    expect(got).toEqual([1]);
  });

  test('an error of closing is not lost, unless another one came first', async () => {
    const source = (fails: boolean): AsyncIterable<Promise<number>> => ({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          Promise.resolve({
            done: false,
            value: fails ? Promise.reject(new Error('first')) : Promise.resolve(1),
          }),
        return: () => Promise.reject(new Error('closing')),
      }),
    });
    const walk = async (fails: boolean): Promise<void> => {
      for await (const _ of prefetch(source(fails))) break;
    };
    await expect(walk(false)).rejects.toThrow('closing');
    await expect(walk(true)).rejects.toThrow('first');
  });

  test('refuses bad options at the call', () => {
    for (const size of [0, 1.5, Number.NaN]) {
      expect(() => prefetch([], { size })).toThrow('prefetch: size must be an integer >= 1');
    }
    expect(() => prefetch((() => []) as never)).toThrow(
      'prefetch: the source must be iterable, got function.\n  Pass an iterable',
    );
  });
});
