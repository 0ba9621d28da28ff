import { describe, expect, test } from '@jest/globals';
import { fc } from '@tikhonov/check';
import type { DType } from '@tikhonov/core';
import type { FusedSpec, Node, Walk } from '../../src/kernels/fused/index.ts';
import type { Width } from '../../src/kernels/map/elements.ts';
import type { Lanes } from '../../src/math/lanes.ts';
import { type Result, runFused } from './fused-harness.ts';
import { Plain } from './fused-plain.ts';
import { kernelOf, kernels } from './fused-random.ts';

const sorted = (result: Result): (readonly number[])[] => [...result].sort((a, b) => a[0] - b[0]);

function check(seed: number): void {
  const kernel = kernelOf(seed);
  const results = runFused(kernel.spec, kernel.storages);
  const plain = new Plain(kernel, results);
  const expected = kernel.spec.outputs.map((output) => sorted(plain.result(output)));
  expect(plain.wrong).toEqual([]);
  expect(results.map(sorted)).toEqual(expected);
}

const map = (
  dtype: DType,
  args: readonly number[],
  emit: (...args: Lanes[]) => Lanes,
  dear = false,
): Node => ({ kind: 'map', dtype, args, dear, emit: (lanes) => emit(...lanes) });

/** A kernel over rows and columns of one dense input. */
function table(
  shape: readonly [rows: number, columns: number],
  width: Width,
  over: 'rows' | 'columns',
  nodes: readonly Node[],
  targets: readonly number[],
): FusedSpec {
  const [m, n] = shape;
  const reduced = over === 'columns' ? [false, true] : [true, false];
  const strides = [n, 1];
  const walk: Walk = { dtype: width === 4 ? 'float32' : 'float64', strides, offset: 0 };
  const isRow = (at: number): boolean => {
    const node = nodes[at]!;
    if (node.kind === 'map') return node.args.every(isRow);
    return node.kind !== 'input';
  };
  return {
    axes: [m, n],
    reduced,
    width,
    inputs: [walk],
    outputs: targets.map((node) => ({
      ...walk,
      node,
      dtype: nodes[node]!.dtype,
      strides: !isRow(node) ? strides : over === 'columns' ? [1, 0] : [0, 1],
    })),
    nodes,
    columns: over === 'rows',
  };
}

const values = (result: Result): number[] => sorted(result).map(([, value]) => value!);

const widths = [
  ['float32', 4],
  ['float64', 2],
] as const;

describe('a fused kernel', () => {
  test('computes what its nodes say, whatever its axes, strides and dtypes', () => {
    fc.assert(fc.property(kernels, check), { numRuns: 300, seed: 11 });
  });

  test('random kernels are of every kind', () => {
    const seen = new Map<string, number>();
    const see = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (let seed = 0; seed < 600; seed++) {
      const { spec } = kernelOf(seed);
      const depth: number[] = [];
      for (const node of spec.nodes) {
        if (node.kind === 'reduce') depth.push(depth[node.arg]! + 1);
        else depth.push(node.kind === 'map' ? Math.max(...node.args.map((k) => depth[k]!)) : 0);
        see(node.kind === 'reduce' ? node.op : node.kind);
      }
      const phases = `${Math.min(3, Math.max(...depth))} phases`;
      see(spec.columns ? 'columns' : phases);
      if (spec.columns) see(`columns, ${phases}`);
      if (spec.nodes.some((node) => node.kind === 'reduce' && node.unsigned)) see('unsigned');
      see(`width ${spec.width}`);
      if (spec.axes.includes(0)) see('empty');
      if (spec.inputs.some(({ strides }) => strides.some((s) => s < 0))) see('backwards');
    }
    const kinds = ['width 2', 'width 4', 'empty', 'backwards', 'norm', 'max', 'unsigned'];
    for (const what of ['columns', 'columns, 2 phases', 'columns, 3 phases', ...kinds]) {
      expect([what, (seen.get(what) ?? 0) > 10]).toEqual([what, true]);
    }
    for (const phases of [0, 1, 2, 3]) expect(seen.get(`${phases} phases`)).toBeGreaterThan(20);
  });

  test.each(widths)('sums and bounds lines of every length, in %s', (dtype, width) => {
    for (let n = 0; n <= 70; n++) {
      const storage = Array.from({ length: 2 * n }, (_, i) => ((i * 7) % 23) - 11);
      const nodes: Node[] = [
        { kind: 'input', dtype, input: 0 },
        { kind: 'reduce', dtype, arg: 0, op: 'sum' },
        { kind: 'reduce', dtype, arg: 0, op: 'max' },
        map(dtype, [0, 2], (x, top) => x.sub(top)),
      ];
      const rows = [storage.slice(0, n), storage.slice(n)];
      const [sum, max, below] = runFused(table([2, n], width, 'columns', nodes, [1, 2, 3]), [
        storage,
      ]);
      expect(values(sum!)).toEqual(rows.map((row) => row.reduce((a, b) => a + b, 0)));
      expect(values(max!)).toEqual(rows.map((row) => Math.max(...row)));
      const want = rows.flatMap((row) => row.map((x) => x - Math.max(...row)));
      if (n > 0) expect(values(below!)).toEqual(want);

      const down = table([2, n], width, 'rows', nodes.slice(0, 3), [1, 2]);
      const [sums, tops] = runFused(down, [storage]);
      if (n === 0) continue;
      expect(values(sums!)).toEqual(rows[0]!.map((x, i) => x + rows[1]![i]!));
      expect(values(tops!)).toEqual(rows[0]!.map((x, i) => Math.max(x, rows[1]![i]!)));
    }
  });

  test.each(widths)('takes many short rows side by side, in %s', (dtype, width) => {
    const nodes: Node[] = [
      { kind: 'input', dtype, input: 0 },
      { kind: 'reduce', dtype, arg: 0, op: 'max' },
      map(dtype, [0, 1], (x, top) => x.sub(top)),
      { kind: 'reduce', dtype, arg: 2, op: 'sum' },
      map(dtype, [2, 3], (x, sum) => x.add(sum), true),
    ];
    for (let m = 15; m <= 21; m++) {
      for (let n = 1; n <= 26; n++) {
        const storage = Array.from({ length: m * n }, (_, i) => ((i * 7) % 23) - 11);
        const spec = table([m, n], width, 'columns', nodes, [4, 3]);
        const [out, sums] = runFused(spec, [storage]);
        const below = Array.from({ length: m }, (_, row) => {
          const xs = storage.slice(row * n, row * n + n);
          return xs.map((x) => x - Math.max(...xs));
        });
        const want = below.map((xs) => xs.reduce((a, b) => a + b, 0));
        expect(values(sums!)).toEqual(want);
        expect(values(out!)).toEqual(below.flatMap((xs, row) => xs.map((x) => x + want[row]!)));
      }
    }
  });

  test('adds float32 in float64 and rounds once', () => {
    // In float32 every addition of 1 to 2^24 would be lost.
    const storage = [2 ** 24, ...new Array<number>(40).fill(1), -(2 ** 24)];
    const n = storage.length;
    const nodes: Node[] = [
      { kind: 'input', dtype: 'float32', input: 0 },
      { kind: 'reduce', dtype: 'float32', arg: 0, op: 'sum' },
    ];
    const [across] = runFused(table([1, n], 4, 'columns', nodes, [1]), [storage]);
    expect(values(across!)).toEqual([40]);
    const [down] = runFused(table([n, 1], 4, 'rows', nodes, [1]), [storage]);
    expect(values(down!)).toEqual([40]);
  });

  test.each(widths)('normalizes layers in several passes, in %s', (dtype, width) => {
    const [m, n] = [3, 37];
    const storage = Array.from({ length: m * n }, (_, i) => ((i * 37) % 64) / 8);
    const nodes: Node[] = [
      { kind: 'input', dtype, input: 0 },
      { kind: 'reduce', dtype, arg: 0, op: 'sum' },
      map(dtype, [1], (sum) => sum.mul(1 / 32)),
      map(dtype, [0, 2], (x, mean) => x.sub(mean)),
      map(dtype, [3], (x) => x.mul(x)),
      { kind: 'reduce', dtype, arg: 4, op: 'sum' },
      map(dtype, [5], (sum) => sum.mul(1 / 32).sqrt()),
      map(dtype, [3, 6], (x, by) => x.div(by)),
    ];
    const [out, scale] = runFused(table([m, n], width, 'columns', nodes, [7, 6]), [storage]);
    const round = dtype === 'float32' ? Math.fround : (x: number): number => x;
    for (let row = 0; row < m; row++) {
      const xs = storage.slice(row * n, row * n + n);
      // All of these sums are exact.
      const mean = xs.reduce((a, b) => a + b, 0) / 32;
      const centred = xs.map((x) => round(x - mean));
      const sum = round(centred.reduce((a, x) => a + round(x * x), 0));
      const by = round(Math.sqrt(round(sum / 32)));
      expect(scale!.get(row)).toBe(by);
      expect(xs.map((_, i) => out!.get(row * n + i))).toEqual(centred.map((x) => round(x / by)));
    }
  });

  test.each([true, false])('computes again what it has not stored: stored = %p', (isStored) => {
    const n = 3;
    let written = 0;
    const nodes: Node[] = [
      { kind: 'input', dtype: 'float32', input: 0 },
      { kind: 'reduce', dtype: 'float32', arg: 0, op: 'max' },
      map(
        'float32',
        [0, 1],
        (x, top) => {
          written += 1;
          const y = x.sub(top);
          return y.mul(y).add(1);
        },
        true,
      ),
      { kind: 'reduce', dtype: 'float32', arg: 2, op: 'sum' },
      map('float32', [2, 3], (x, sum) => x.div(sum)),
    ];
    const spec = table([2, n], 4, 'columns', nodes, isStored ? [4, 2] : [4]);
    const [out, kept] = runFused(spec, [[1, 2, 4, 0, 1, -3]]);
    // 3^2 + 1 and so on.
    const inner = [10, 5, 1, 2, 1, 17];
    const sums = [16, 16, 16, 20, 20, 20];
    expect(values(out!)).toEqual(inner.map((x, i) => Math.fround(x / sums[i]!)));
    if (kept !== undefined) expect(values(kept)).toEqual(inner);
    expect(written).toBe(isStored ? 1 : 2);
  });

  test.each(widths)(
    'turns inputs that lie across in tiles of every size, in %s',
    (dtype, width) => {
      const strange: Walk = { dtype: 'int32', strides: [], offset: 2 };
      for (const m of [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 23, 38]) {
        for (const n of [1, 2, 3, 4, 5, 6, 7, 9, 10]) {
          const along = Array.from({ length: 2 * m * n }, (_, i) => (i * 7) % 23);
          const across = Array.from({ length: 2 * m * n + 2 }, (_, i) => (i * 5) % 37);
          const walk = { dtype, strides: [m * n, n, 1], offset: 0 };
          const spec: FusedSpec = {
            axes: [2, m, n],
            reduced: [false, false, false],
            width,
            inputs: [
              walk,
              { dtype, strides: [m * n, 1, m], offset: 1 },
              { ...strange, strides: [m * n, 1, m] },
            ],
            outputs: [
              { ...walk, node: 3 },
              { ...walk, dtype: 'int32', node: 2 },
            ],
            nodes: [
              { kind: 'input', dtype, input: 0 },
              { kind: 'input', dtype, input: 1 },
              { kind: 'input', dtype: 'int32', input: 2 },
              map(dtype, [0, 1], (x, y) => x.mul(100).add(y)),
            ],
            columns: false,
          };
          const [mixed, turned] = runFused(spec, [along, across, across]);
          const points = [0, 1].flatMap((b) =>
            Array.from({ length: m * n }, (_, i) => b * m * n + (i % n) * m + Math.floor(i / n)),
          );
          expect(values(mixed!)).toEqual(points.map((at, i) => along[i]! * 100 + across[at + 1]!));
          expect(values(turned!)).toEqual(points.map((at) => across[at + 2]!));

          const summed: FusedSpec = {
            ...spec,
            reduced: [true, true, true],
            outputs: [{ ...walk, strides: [0, 0, 0], node: 4 }],
            nodes: [...spec.nodes, { kind: 'reduce', dtype, arg: 3, op: 'sum' }],
          };
          const [sum] = runFused(summed, [along, across, across]);
          expect(values(sum!)).toEqual([values(mixed!).reduce((a, b) => a + b, 0)]);
        }
      }
    },
  );

  test('rounds float32 after every operation, beside float64 too', () => {
    const nodes: Node[] = [
      { kind: 'input', dtype: 'float32', input: 0 },
      map('float32', [0], (x) => x.mul(x)),
      map('float32', [1, 0], (y, x) => y.sub(x)),
      map('float64', [2], (y) => y.add(0)),
    ];
    const storage = [1.1, 1 / 3, 1 + 2 ** -23, -0.7].map(Math.fround);
    const walk: Walk = { dtype: 'float32', strides: [1], offset: 0 };
    const [out] = runFused(
      {
        axes: [4],
        reduced: [false],
        width: 2,
        inputs: [walk],
        outputs: [{ ...walk, dtype: 'float64', node: 3 }],
        nodes,
        columns: false,
      },
      [storage],
    );
    expect(values(out!)).toEqual(storage.map((x) => Math.fround(Math.fround(x * x) - x)));
  });

  test('stores one value of all rows once, and NaN wherever it belongs', () => {
    const nodes: Node[] = [
      { kind: 'input', dtype: 'float32', input: 0 },
      { kind: 'reduce', dtype: 'float32', arg: 0, op: 'max' },
      { kind: 'reduce', dtype: 'float32', arg: 0, op: 'norm' },
    ];
    const storage = [NaN, 1, -0, 0, -3, 4, -Infinity, -1];
    const [max, norm] = runFused(table([4, 2], 4, 'columns', nodes, [1, 2]), [storage]);
    expect(values(max!)).toEqual([NaN, 0, 4, -1]);
    expect(values(norm!)).toEqual([NaN, 0, 5, Infinity]);
  });
});
