import type { DType } from '@tikhonov/core';
import type { Code } from '../../wasm/code.ts';
import { bytesOf, type Width } from '../map/elements.ts';

/** An operand on the move: the local that holds its address, and its steps along the loops. */
export interface Mover {
  readonly pointer: number;
  readonly dtype: DType;
  readonly strides: readonly number[];
}

/** Sizes of loops from outside in, without those of one turn, and neighbours merged that all walk alike. */
export interface Loops {
  readonly sizes: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * Axes in the order of the loops over them. Vectors are best along one in which elements are neighbours,
 * results more than what is read, as they are taken apart otherwise; around it those that move far
 * through memory come first.
 */
export function inOrder(
  axes: readonly number[],
  chosen: readonly number[],
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
): number[] {
  const long = chosen.filter((axis) => axes[axis] !== 1);
  if (long.length < 2) return long;
  const apart = (walks: readonly (readonly number[])[], axis: number): number =>
    walks.reduce((n, walk) => n + Number(walk[axis] !== 0 && walk[axis] !== 1), 0);
  const cost = (axis: number): number => apart(inputs, axis) + 2 * apart(outputs, axis);
  // A line of a few elements only is mostly made of what is left beside whole vectors.
  const short = (axis: number): number => Number(axes[axis]! < 4);
  const reach = (axis: number): number =>
    [...inputs, ...outputs].reduce((sum, walk) => sum + Math.abs(walk[axis]!), 0);
  const farFirst = [...long].sort((a, b) => reach(b) - reach(a));
  const [innermost] = [...farFirst]
    .reverse()
    .sort((a, b) => cost(a) - cost(b) || short(a) - short(b));
  return [...farFirst.filter((axis) => axis !== innermost), innermost!];
}

/** The loops over some axes of a domain; there is at least one. */
export function loopsOf(
  axes: readonly number[],
  chosen: readonly number[],
  walks: readonly (readonly number[])[],
): Loops {
  const sizes: number[] = [];
  const strides: number[][] = walks.map(() => []);
  for (const axis of chosen) {
    const n = axes[axis]!;
    if (n === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && walks.every((walk, i) => strides[i]![last] === walk[axis]! * n)) {
      sizes[last]! *= n;
    } else sizes.push(n);
    for (const [i, walk] of walks.entries()) strides[i]![sizes.length - 1] = walk[axis]!;
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const own of strides) own.push(0);
  }
  return { sizes, strides };
}

/** Adds a number of bytes to an address. */
export function move(code: Code, pointer: number, bytes: number): void {
  if (bytes !== 0) code.get(pointer).i32(bytes).op('i32.add').set(pointer);
}

/** Repeats a body a fixed number of times. */
export function repeat(code: Code, times: number, body: () => void): void {
  if (times <= 0) return;
  if (times === 1) {
    body();
    return;
  }
  const left = code.local('i32');
  code.i32(times).set(left);
  code.loop((again) => {
    body();
    code.get(left).i32(1).op('i32.sub').tee(left);
    again(true);
  });
}

/**
 * Runs the loops but the innermost. `inner` is called at the start of every innermost line and leaves
 * the addresses as it found them, or at the line's end if `ends` says so.
 */
export function outerLoops(
  code: Code,
  sizes: readonly number[],
  movers: readonly Mover[],
  ends: boolean,
  inner: () => void,
): void {
  const last = sizes.length - 1;
  const visit = (axis: number): void => {
    if (axis === last) {
      inner();
      return;
    }
    repeat(code, sizes[axis]!, () => {
      visit(axis + 1);
      for (const { pointer, dtype, strides } of movers) {
        const isLine = axis + 1 === last && !ends;
        const walked = isLine ? 0 : strides[axis + 1]! * sizes[axis + 1]!;
        move(code, pointer, (strides[axis]! - walked) * bytesOf(dtype));
      }
    });
  };
  visit(0);
}

/** What a line's body is told: how many elements each vector takes, and which of the turn they are. */
export type LineBody = (count: number, vectors: readonly number[]) => void;

/**
 * The innermost line in vectors: several to a turn, then one by one, then what is left. Addresses move
 * on with it. Vector `v` of a turn lies `v * width` elements ahead of the addresses.
 */
export function vectorLine(
  code: Code,
  n: number,
  width: Width,
  unroll: number,
  movers: readonly Mover[],
  body: LineBody,
): void {
  const advance = (count: number): void => {
    for (const { pointer, dtype, strides } of movers) {
      move(code, pointer, strides.at(-1)! * count * bytesOf(dtype));
    }
  };
  // In pairs: engines that widen vectors need neighbours to be stored one after the other.
  const turn = (vectors: number): void => {
    for (let vector = 0; vector < vectors; vector += 2) {
      body(width, vector + 1 < vectors ? [vector, vector + 1] : [vector]);
    }
    advance(vectors * width);
  };
  const whole = Math.floor(n / width);
  const turns = whole >= 2 * unroll ? Math.floor(whole / unroll) : 0;
  if (unroll > 1) repeat(code, turns, () => turn(unroll));
  repeat(code, whole - (unroll > 1 ? turns * unroll : 0), () => turn(1));
  const rest = n % width;
  if (rest === 0) return;
  body(rest, [0]);
  advance(rest);
}
