import { describe, expect, test } from '@jest/globals';
import { assertGrads, fc } from '@tikhonov/check';
import {
  arange,
  broadcastTensors,
  chunk,
  concat,
  meshgrid,
  moveaxis,
  type PadMode,
  pad,
  repeatInterleave,
  roll,
  ShapeError,
  select,
  slice,
  split,
  stack,
  swapaxes,
  type Tensor,
  tensor,
  tile,
  unbind,
  zeros,
} from '../../src/index.ts';
import { double, noise, numbers, thrown } from '../support.ts';

const lists = (xs: readonly Tensor[]): unknown[] => xs.map((x) => x.toArray());

describe('slice', () => {
  /** The positions of Python's `range(*slice(start, stop, step).indices(n))`, written from its docs. */
  function positions(n: number, start: number | null, stop: number | null, step: number): number[] {
    const clamp = (at: number): number => {
      const i = at < 0 ? at + n : at;
      return step > 0 ? Math.min(Math.max(i, 0), n) : Math.min(Math.max(i, -1), n - 1);
    };
    const from = start === null ? (step > 0 ? 0 : n - 1) : clamp(start);
    const to = stop === null ? (step > 0 ? n : -1) : clamp(stop);
    const out: number[] = [];
    for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(i);
    return out;
  }

  test('takes what Python takes, for all bounds and steps', () => {
    const bound = fc.option(fc.integer({ min: -9, max: 9 }), { nil: null });
    const step = fc.integer({ min: -4, max: 4 }).filter((s) => s !== 0);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), bound, bound, step, (n, start, stop, by) => {
        const got = slice(arange(n), [{ start, stop, step: by }]);
        expect(numbers(got)).toEqual(positions(n, start, stop, by));
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  test('walks backwards along some axes and forwards along others', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(slice(x, [{ step: -1 }, { start: 2, stop: undefined, step: -2 }]).toArray()).toEqual([
      [6, 4],
      [3, 1],
    ]);
    assertGrads((y) => slice(y, [{ step: -1 }, { start: 2, step: -2 }]), [noise([2, 3], 1)]);
  });

  test('refuses a position where a range belongs', () => {
    // @ts-expect-error a number is not a range
    expect(thrown(() => slice(zeros([2]), [1])).message).toContain('slice: a range is');
    // @ts-expect-error a range is not a list of them
    expect(thrown(() => slice(zeros([2]), { start: 1 })).message).toContain('must be an array');
  });
});

describe('pad', () => {
  /** Where each mode looks, by NumPy's definition. */
  const look: Readonly<Record<Exclude<PadMode, 'constant'>, (i: number, n: number) => number>> = {
    edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
    reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
    wrap: (i, n) => ((i % n) + n) % n,
  };

  test.each(['edge', 'reflect', 'wrap'] as const)('%s looks where NumPy looks', (mode) => {
    for (const n of [1, 2, 3, 5]) {
      const most = mode === 'reflect' ? n - 1 : 2 * n + 1;
      for (let before = 0; before <= most; before++) {
        for (let after = 0; after <= most; after++) {
          const want = Array.from({ length: before + n + after }, (_, i) =>
            look[mode](i - before, n),
          );
          expect(numbers(pad(arange(n), [[before, after]], { mode }))).toEqual(want);
        }
      }
    }
  });

  test.each(['constant', 'edge', 'reflect', 'wrap'] as const)(
    '%s pads several axes and has gradients',
    (mode) => {
      const x = noise([2, 3], 1);
      const widths = [
        [1, 0],
        [2, 1],
      ] as const;
      expect(pad(x, widths, { mode }).shape).toEqual([3, 6]);
      assertGrads((y) => pad(y, widths, { mode }), [x]);
    },
  );

  test('a constant fills the corners, exactly, and gets no gradient', () => {
    const filled = pad(
      tensor([[1]]),
      [
        [1, 0],
        [0, 2],
      ],
      { value: 0.1 },
    );
    const v = Math.fround(0.1);
    expect(filled.toArray()).toEqual([
      [v, v, v],
      [1, v, v],
    ]);
    expect(pad(tensor([1]), [[1, 0]], { value: Infinity }).toArray()).toEqual([Infinity, 1]);
    expect(Object.is(pad(tensor([1]), [[1, 0]], { value: -0 }).data()[0], -0)).toBe(true);
    expect(pad(tensor([7], { dtype: 'int32' }), [[0, 1]], { value: -3 }).toArray()).toEqual([
      7, -3,
    ]);
    expect(pad(tensor([false]), [[0, 1]], { value: 1 }).toArray()).toEqual([false, true]);
    expect(pad(zeros([0]), [[1, 1]], { value: 2 }).toArray()).toEqual([2, 2]);
  });

  test.each([
    [
      () =>
        pad(
          zeros([2, 3]),
          [
            [0, 0],
            [3, 1],
          ],
          { mode: 'reflect' },
        ),
      ShapeError,
      "pad: mode 'reflect' needs widths below the size 3 of axis 1 of [2, 3], got [3, 1].",
    ],
    [
      () => pad(zeros([0]), [[1, 0]], { mode: 'edge' }),
      ShapeError,
      "pad: mode 'edge' has nothing to repeat along axis 0 of [0].",
    ],
    [() => pad(zeros([0]), [[1, 0]], { mode: 'wrap' }), ShapeError, 'nothing to repeat'],
    [() => pad(zeros([0]), [[1, 0]], { mode: 'reflect' }), ShapeError, 'needs widths below'],
    [
      () => pad(zeros([2, 3]), [[1, 1]]),
      ShapeError,
      'pad: [[1,1]] are not pairs [before, after] for the 2 axes of [2, 3].',
    ],
    [
      () => pad(zeros([2]), [[1, 1]], { mode: 'edge', value: 1 }),
      TypeError,
      "value is for mode 'con",
    ],
    // @ts-expect-error a mode that does not exist
    [() => pad(zeros([2]), [[1, 1]], { mode: 'circular' }), RangeError, 'unknown mode "circular"'],
    // @ts-expect-error one number is not pairs
    [() => pad(zeros([2]), 1), ShapeError, 'pad: 1 are not pairs'],
  ])('refuses %s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});

describe('split, chunk, unbind and select', () => {
  test('concat undoes split, stack undoes unbind', () => {
    const x = noise([2, 5, 3], 1);
    const same = (y: Tensor): void => expect(y.toArray()).toEqual(x.toArray());
    same(concat(split(x, [1, 0, 4], { axis: 1 }), { axis: 1 }));
    same(concat(split(x, 2, { axis: -2 }), { axis: 1 }));
    same(concat(chunk(x, 2, { axis: 1 }), { axis: 1 }));
    same(stack(unbind(x, { axis: -1 }), { axis: -1 }));
  });

  test('sizes are those of PyTorch', () => {
    expect(lists(split(arange(5), 2))).toEqual([[0, 1], [2, 3], [4]]);
    expect(lists(chunk(arange(6), 4))).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(lists(split(arange(0), 3))).toEqual([[]]);
    expect(unbind(zeros([0, 2]))).toEqual([]);
    expect(
      select(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        -1,
        { axis: 1 },
      ).toArray(),
    ).toEqual([2, 4]);
  });

  test('have gradients', () => {
    assertGrads((x) => split(x, [1, 2], { axis: 1 }), [noise([2, 3], 1)]);
    assertGrads((x) => select(x, -2, { axis: 1 }), [noise([2, 3], 1)]);
  });

  test.each([
    [
      () => split(arange(3), [1, 1]),
      ShapeError,
      'split: sizes [1, 1] add up to 2, but axis 0 of [3] has 3',
    ],
    [
      () => split(arange(3), [4, -1]),
      RangeError,
      'split: sizes must be integers >= 0, got [4, -1].',
    ],
    [() => split(arange(3), 0), RangeError, 'split: sizes must be integers >= 1, got 0.'],
    [() => chunk(arange(3), 0), RangeError, 'chunk: chunks must be integers >= 1, got [0].'],
    [
      () => select(arange(3), 3),
      RangeError,
      'select: index 3 is not an integer in [-3, 3), the range of',
    ],
    [() => select(arange(3), 0.5), RangeError, 'select: index 0.5'],
    [() => unbind(tensor(1)), ShapeError, 'unbind: axis 0 is out of range for shape []'],
    [
      // @ts-expect-error PyTorch's name of the option
      () => split(arange(3), 1, { dim: 0 }),
      TypeError,
      'split: unknown option "dim".\n  It takes axis.',
    ],
  ])('refuse %s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});

describe('tile, repeatInterleave and roll', () => {
  test('tile extends the shorter of shape and repetitions', () => {
    const x = tensor([[1, 2]]);
    expect(tile(x, 2).toArray()).toEqual([[1, 2, 1, 2]]);
    expect(tile(x, [2, 1, 1]).toArray()).toEqual([[[1, 2]], [[1, 2]]]);
    expect(tile(x, [3, 0]).shape).toEqual([3, 0]);
    expect(tile(tensor(5), [2]).toArray()).toEqual([5, 5]);
    expect(tile(x, []).toArray()).toEqual([[1, 2]]);
    assertGrads((y) => tile(y, [2, 3]), [noise([2, 2], 1)]);
  });

  test('repeatInterleave repeats each element where it is', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(repeatInterleave(x, 2).toArray()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(repeatInterleave(x, 2, { axis: 1 }).toArray()).toEqual([
      [1, 1, 2, 2],
      [3, 3, 4, 4],
    ]);
    expect(repeatInterleave(x, [2, 1], { axis: -1 }).toArray()).toEqual([
      [1, 1, 2],
      [3, 3, 4],
    ]);
    assertGrads((y) => repeatInterleave(y, [0, 3], { axis: 0 }), [noise([2, 2], 1)]);
  });

  test('roll moves around the ends, by any shift', () => {
    const x = arange(5);
    expect(lists([roll(x, 2), roll(x, -1), roll(x, 12), roll(x, 0)])).toEqual([
      [3, 4, 0, 1, 2],
      [1, 2, 3, 4, 0],
      [3, 4, 0, 1, 2],
      [0, 1, 2, 3, 4],
    ]);
    const m = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(roll(m, 1).toArray()).toEqual([
      [6, 1, 2],
      [3, 4, 5],
    ]);
    expect(roll(m, 1, { axis: [0, 1] }).toArray()).toEqual([
      [6, 4, 5],
      [3, 1, 2],
    ]);
    expect(roll(m, [1, -1], { axis: [0, -1] }).toArray()).toEqual([
      [5, 6, 4],
      [2, 3, 1],
    ]);
    expect(roll(zeros([0]), 1).shape).toEqual([0]);
    assertGrads((y) => roll(y, 2, { axis: 1 }), [noise([2, 3], 1)]);
  });

  test.each([
    [() => tile(zeros([2]), -1), RangeError, 'tile: repetitions must be integers >= 0, got -1.'],
    [
      () => tile(zeros([2]), [1.5]),
      RangeError,
      'tile: repetitions must be integers >= 0, got [1.5].',
    ],
    [
      () => repeatInterleave(zeros([2]), [1]),
      ShapeError,
      'repeatInterleave: 1 repetitions for axis 0 of [2]',
    ],
    [() => roll(zeros([2]), NaN), RangeError, 'roll: shifts must be integers, got NaN.'],
    [
      () => roll(zeros([2]), [1, 1], { axis: 0 }),
      ShapeError,
      'roll: 2 shifts for 1 axes. Give one for each.',
    ],
    [() => roll(zeros([2]), 1, { axis: 1 }), ShapeError, 'roll: axis 1 is out of range'],
    [
      // @ts-expect-error null is no number
      () => tile(zeros([2]), null),
      RangeError,
      'tile: repetitions must be integers >= 0, got null.',
    ],
  ])('refuse %s', (call, kind, text) => {
    expect(thrown(call)).toBeInstanceOf(kind);
    expect(thrown(call).message).toContain(text);
  });
});

describe('swapaxes and moveaxis', () => {
  const x = zeros([2, 3, 4, 5]);
  test('put axes where NumPy puts them', () => {
    expect(swapaxes(x, 1, -1).shape).toEqual([2, 5, 4, 3]);
    expect(moveaxis(x, 0, 2).shape).toEqual([3, 4, 2, 5]);
    expect(moveaxis(x, [0, 1], [-1, -2]).shape).toEqual([4, 5, 3, 2]);
    expect(moveaxis(x, [3, 0], [0, 1]).shape).toEqual([5, 2, 3, 4]);
    assertGrads((y) => moveaxis(y, 0, 2), [noise([2, 1, 3], 1)]);
  });

  test('refuse axes that do not fit', () => {
    expect(thrown(() => swapaxes(x, 0, 4)).message).toContain('swapaxes: axis 4 is out of range');
    expect(thrown(() => moveaxis(x, [0, 0], [1, 2])).message).toContain(
      'moveaxis: cannot move axes [0, 0] to [1, 2] of [2, 3, 4, 5].',
    );
    expect(thrown(() => moveaxis(x, [0, 1], 2))).toBeInstanceOf(ShapeError);
  });
});

describe('broadcastTensors and meshgrid', () => {
  test('repeat to the common shape', () => {
    const shapes = broadcastTensors([zeros([3, 1]), zeros([1, 2]), 1]).map((x) => x.shape);
    expect(shapes).toEqual([
      [3, 2],
      [3, 2],
      [3, 2],
    ]);
    expect(broadcastTensors([])).toEqual([]);
    expect(thrown(() => broadcastTensors([zeros([3]), zeros([2])])).message).toBe(
      'broadcastTensors: shapes [3], [2] do not broadcast.',
    );
  });

  test('meshgrid orders axes as asked', () => {
    const vectors = [arange(2), arange(3), arange(4)];
    expect(meshgrid(vectors).map((x) => x.shape)).toEqual(vectors.map(() => [2, 3, 4]));
    const [x, y] = meshgrid(vectors.slice(0, 2), { indexing: 'xy' }) as [Tensor, Tensor];
    expect(lists([x, y])).toEqual([
      [
        [0, 1],
        [0, 1],
        [0, 1],
      ],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ]);
    assertGrads((a, b) => meshgrid([a, b]), [double([1, 2]), double([3])]);
    expect(thrown(() => meshgrid([zeros([1, 1])])).message).toContain('meshgrid: needs vectors');
    // @ts-expect-error an order that does not exist
    expect(thrown(() => meshgrid([], { indexing: 'yx' })).message).toContain(
      "'ij' or 'xy', got yx",
    );
  });
});
