import type { DType } from '@tikhonov/core';
import { bytesOf } from '../../../kernels/map/elements.ts';
import { nestOf } from '../../../kernels/map/nest.ts';
import { dense } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import { entry, type LoopEntry } from '../entry.ts';
import {
  addSums,
  addVectors,
  loadSum,
  loadSums,
  pushZero,
  storeSum,
  storeSums,
  sumLanes,
  sumType,
} from './sums.ts';
import { axesBut, axesOf, move, times, walkGroups } from './walk.ts';

/** Sums along one axis: elements, and bytes from one to the next in input and result. */
interface Line {
  readonly dtype: DType;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Each line's sum waits for its last addition, so several lines run at a time: as vectors where they lie
 * side by side, else as scalars.
 */
export const cumsum: LoopEntry = /* @__PURE__ */ entry('cumsum', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, { inputs: [x], attrs: { axis, reverse } }) =>
    writer.function(['i32', 'i32'], [], (code) => {
      const { dtype, layout } = x!;
      if (layout.shape.includes(0)) return;
      const bytes = bytesOf(dtype);
      const result = dense(layout.shape);
      const length = layout.shape[axis]!;
      const sides = [layout, result];
      const [by, onto] = sides.map(({ strides }) => strides[axis]! * bytes * (reverse ? -1 : 1));
      const last = reverse ? 1 - length : 0;
      move(code, 0, layout.offset * bytes + last * by!);
      move(code, 1, last * onto!);
      const line = { dtype, length, from: by!, to: onto! };
      const rest = axesBut(layout.shape.length, axis);
      const nest = nestOf(sides.map((side) => axesOf(side, rest)));
      const n = nest.sizes.at(-1)!;
      const [across, acrossTo] = nest.strides.map((own) => own.at(-1)!);
      const vectors = across === 1 && acrossTo === 1;
      const pointers = [0, 1].map((local) => ({ local, bytes }));
      const groups = (from: number, size: number, body: () => void): number => {
        walkGroups(code, nest, pointers, from, n, size, body);
        return from + Math.floor((n - from) / size) * size;
      };
      let done = 0;
      if (vectors) {
        for (const count of [4, 1]) {
          done = groups(done, count * sumLanes(dtype), () => sideBySide(code, line, count));
        }
      }
      for (const size of [4, 1]) {
        done = groups(done, size, () =>
          apart(code, line, size, across! * bytes, acrossTo! * bytes),
        );
      }
    }),
});

/** Copies of the two addresses, which the body of every step of a line finds moved on. */
function along(code: Code, line: Line, step: (from: number, to: number) => void): void {
  const [from, to] = [code.local('i32'), code.local('i32')];
  code.get(0).set(from).get(1).set(to);
  times(code, line.length, () => {
    step(from, to);
    move(code, from, line.from);
    move(code, to, line.to);
  });
}

/** Lines that are neighbours in input and result, as vectors. */
function sideBySide(code: Code, line: Line, count: number): void {
  const { dtype } = line;
  const lanes = sumLanes(dtype);
  const bytes = bytesOf(dtype);
  const sums = Array.from({ length: count }, () => code.local('v128'));
  for (const sum of sums) code.get(code.constant('i32x4', 0)).set(sum);
  along(code, line, (pointer, to) => {
    for (const [v, sum] of sums.entries()) {
      code.get(sum);
      loadSums(code, dtype, {
        pointer,
        offset: v * lanes * bytes,
        stride: 1,
        first: 0,
        end: lanes,
      });
      addVectors(code, dtype).set(sum);
    }
    storeSums(code, dtype, to, 0, sums, count * lanes);
  });
}

/** Lines whose first elements are `across` and `acrossTo` bytes apart. */
function apart(code: Code, line: Line, count: number, across: number, acrossTo: number): void {
  const { dtype } = line;
  const sums = Array.from({ length: count }, () => code.local(sumType(dtype)));
  for (const sum of sums) {
    pushZero(code, dtype);
    code.set(sum);
  }
  // Immediates are unsigned: with a negative distance the last line is the one to count from.
  const [first, firstTo] = [across, acrossTo].map((bytes) => Math.min(0, bytes * (count - 1)));
  move(code, 0, first!);
  move(code, 1, firstTo!);
  along(code, line, (from, to) => {
    for (const [k, sum] of sums.entries()) {
      code.get(sum);
      loadSum(code, dtype, from, k * across - first!);
      addSums(code, dtype).set(sum);
      code.get(to).get(sum);
      storeSum(code, dtype, k * acrossTo - firstTo!);
    }
  });
  move(code, 0, -first!);
  move(code, 1, -firstTo!);
}
