import type { Code } from '../../../wasm/code.ts';
import { loadIndex, pushPlace } from './gather.ts';
import { eachPick, pointersOf, type Scatter } from './scatter.ts';
import { addVectors, loadSums, storeSums, sumLanes } from './sums.ts';
import { move, times, walk } from './walk.ts';

/** Vectors of sums that are added up at a time. */
const wide = 8;

/** Adds whole rows. */
export function scatterRows(code: Code, scatter: Scatter, row: number): void {
  const { dtype, size, step } = scatter;
  const at = code.local('i32');
  const target = code.local('i32');
  walk(code, scatter.lines, pointersOf(scatter), 1, () => {
    if (dtype === 'float32') {
      chainedRows(code, scatter, row);
      return;
    }
    eachPick(code, scatter, (index, source) => {
      loadIndex(code, index, 0, at, size);
      pushPlace(code, 3, at, step);
      code.set(target);
      addRow(code, scatter, target, source, row);
    });
  });
}

/**
 * The rows of float32 one after the other, each with all that is added to it. In the scratch bytes are the
 * first index of every place, and for every index the next one of the same place; -1 ends such a chain.
 */
function chainedRows(code: Code, scatter: Scatter, row: number): void {
  const { size, step, picks, indexStep } = scatter;
  const [at, k, pointer, head, next, target] = Array.from({ length: 6 }, () =>
    code.local('i32'),
  ) as [number, number, number, number, number, number];
  code
    .get(4)
    .i32(255)
    .i32(size * 4)
    .fill();
  code.i32(picks - 1).set(k);
  code
    .get(1)
    .i32((picks - 1) * indexStep)
    .op('i32.add')
    .set(pointer);
  code
    .get(4)
    .i32((size + picks - 1) * 4)
    .op('i32.add')
    .set(next);
  // Backwards, so that the chains run forward.
  times(code, picks, () => {
    loadIndex(code, pointer, 0, at, size);
    pushPlace(code, 4, at, 4);
    code.set(head);
    code.get(next).get(head).memory('i32.load', 0).memory('i32.store', 0);
    code.get(head).get(k).memory('i32.store', 0);
    move(code, pointer, -indexStep);
    move(code, next, -4);
    move(code, k, -1);
  });
  code.i32(0).set(k);
  eachPick(code, scatter, (index, source) => {
    code.get(index).memory('i32.load', 0).set(at);
    pushPlace(code, 4, at, 4);
    code.memory('i32.load', 0).get(k).op('i32.eq');
    code.if(() => {
      pushPlace(code, 3, at, step);
      code.set(target);
      pushPlace(code, 4, k, 4);
      code
        .memory('i32.load', size * 4)
        .i32(0)
        .op('i32.lt_s');
      code.if(
        // A single sum of float32 in float64 rounds as the float32 sum.
        () => addRow(code, scatter, target, source, row),
        () => addChain(code, scatter, target, k, row),
      );
    });
    move(code, k, 1);
  });
}

/** `target += source` for a row, in the elements' own type. */
function addRow(code: Code, { dtype, bytes }: Scatter, to: number, from: number, n: number): void {
  const [target, source] = [code.local('i32'), code.local('i32')];
  const prefix = dtype === 'float64' ? 'f64' : dtype === 'float32' ? 'f32' : 'i32';
  const lanes = 16 / bytes;
  const vector = (at: number): void => {
    code.get(target).get(target).memory('v128.load', at, 2).get(source).memory('v128.load', at, 2);
    code.op(bytes === 8 ? 'f64x2.add' : prefix === 'f32' ? 'f32x4.add' : 'i32x4.add');
    code.memory('v128.store', at, 2);
  };
  const single = (at: number): void => {
    code.get(target).get(target).memory(`${prefix}.load`, at).get(source);
    code.memory(`${prefix}.load`, at).op(`${prefix}.add`).memory(`${prefix}.store`, at);
  };
  code.get(to).set(target).get(from).set(source);
  const whole = Math.floor(n / (4 * lanes));
  times(code, whole, () => {
    for (let k = 0; k < 4; k++) vector(k * 16);
    move(code, target, 64);
    move(code, source, 64);
  });
  let at = whole * 4 * lanes;
  const start = at;
  for (; at + lanes <= n; at += lanes) vector((at - start) * bytes);
  for (; at < n; at++) single((at - start) * bytes);
}

/** Adds to a row what the chain that begins at an index names, in float64. */
function addChain(code: Code, scatter: Scatter, to: number, first: number, n: number): void {
  const { size, sourceStep } = scatter;
  const lanes = sumLanes('float32');
  const block = wide * lanes;
  const sums = Array.from({ length: wide }, () => code.local('v128'));
  const [target, column, source, k] = Array.from({ length: 4 }, () => code.local('i32')) as [
    number,
    number,
    number,
    number,
  ];
  /** Leaves vector `v` of so many neighbours at an address. */
  const load = (pointer: number, count: number, v: number): void => {
    const end = Math.min(lanes, count - v * lanes);
    loadSums(code, 'float32', { pointer, offset: v * lanes * 4, stride: 1, first: 0, end });
  };
  const add = (count: number): void => {
    for (let v = 0; v * lanes < count; v++) {
      load(target, count, v);
      code.set(sums[v]!);
    }
    code.get(first).set(k);
    code.loop((again) => {
      pushPlace(code, column, k, sourceStep);
      code.set(source);
      for (let v = 0; v * lanes < count; v++) {
        code.get(sums[v]!);
        load(source, count, v);
        addVectors(code, 'float32').set(sums[v]!);
      }
      pushPlace(code, 4, k, 4);
      code
        .memory('i32.load', size * 4)
        .tee(k)
        .i32(0)
        .op('i32.ge_s');
      again(true);
    });
    storeSums(code, 'float32', target, 0, sums, count);
  };
  code.get(to).set(target).get(2).set(column);
  times(code, Math.floor(n / block), () => {
    add(block);
    move(code, target, block * 4);
    move(code, column, block * 4);
  });
  if (n % block > 0) add(n % block);
}
