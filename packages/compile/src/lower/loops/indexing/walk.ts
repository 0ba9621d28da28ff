import type { Nest } from '../../../kernels/map/nest.ts';
import type { Layout } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';

/** What a walk moves: the local that holds an address, and the bytes of an element there. */
export interface Pointer {
  readonly local: number;
  readonly bytes: number;
}

/** Adds bytes to an address. */
export function move(code: Code, local: number, bytes: number): void {
  if (bytes !== 0) code.get(local).i32(bytes).op('i32.add').set(local);
}

/** Repeats `body` a number of times. */
export function times(code: Code, count: number, body: () => void): void {
  if (count <= 0) return;
  if (count === 1) {
    body();
    return;
  }
  const left = code.local('i32');
  code.i32(count).set(left);
  code.loop((again) => {
    body();
    code.get(left).i32(1).op('i32.sub').tee(left);
    again(true);
  });
}

/**
 * Runs `body` for every index of a loop nest, with the pointers where their operands' elements lie. It
 * gets what is to be added to each address, in bytes, as the innermost loop is unrolled: for immediates,
 * never negative. The pointers end where they began, and `body` must leave them in place.
 */
export function walk(
  code: Code,
  { sizes, strides }: Nest,
  pointers: readonly Pointer[],
  unroll: number,
  body: (offsets: readonly number[]) => void,
): void {
  if (sizes.includes(0)) return;
  const inner = sizes.length - 1;
  const step = (axis: number, count: number): void => {
    for (const [i, { local, bytes }] of pointers.entries()) {
      move(code, local, strides[i]![axis]! * count * bytes);
    }
  };
  const at = (turn: number): number[] =>
    pointers.map(({ bytes }, i) => (inner < 0 ? 0 : strides[i]![inner]! * turn * bytes));
  const turns = (count: number): void => {
    for (let turn = 0; turn < count; turn++) body(at(turn));
  };
  const visit = (axis: number): void => {
    if (axis > inner) {
      turns(1);
      return;
    }
    const size = sizes[axis]!;
    if (axis < inner) {
      times(code, size, () => {
        visit(axis + 1);
        step(axis, 1);
      });
      step(axis, -size);
      return;
    }
    // Immediates are unsigned.
    const forward = strides.every((own) => own[inner]! >= 0);
    const width = forward ? Math.min(unroll, size) : 1;
    times(code, Math.floor(size / width), () => {
      turns(width);
      step(inner, width);
    });
    turns(size % width);
    step(inner, -(size - (size % width)));
  };
  visit(0);
}

/**
 * As `walk` with the innermost loop in groups of `size`, from one index of it on and as long as a whole
 * group is below another.
 */
export function walkGroups(
  code: Code,
  { sizes, strides }: Nest,
  pointers: readonly Pointer[],
  from: number,
  to: number,
  size: number,
  body: () => void,
): void {
  const count = Math.floor((to - from) / size);
  if (size === 0 || count === 0) return;
  const groups = {
    sizes: [...sizes.slice(0, -1), count],
    strides: strides.map((own) => [...own.slice(0, -1), own.at(-1)! * size]),
  };
  const shift = (by: number): void => {
    for (const [i, { local, bytes }] of pointers.entries()) {
      move(code, local, strides[i]!.at(-1)! * by * bytes);
    }
  };
  shift(from);
  walk(code, groups, pointers, 1, body);
  shift(-from);
}

/** The strides of some axes of a layout, under its shape there. */
export const axesOf = ({ shape, strides }: Layout, axes: readonly number[]): Layout => ({
  shape: axes.map((k) => shape[k]!),
  strides: axes.map((k) => strides[k]!),
  offset: 0,
});

/** All axes of a shape but one. */
export const axesBut = (rank: number, axis: number): number[] =>
  Array.from({ length: rank }, (_, k) => k).filter((k) => k !== axis);
