import { outerLoops } from '../../../kernels/fused/loops.ts';
import { tiled, tileLoops, turnedRows } from '../../../kernels/fused/tiles.ts';
import { nestOf } from '../../../kernels/map/nest.ts';
import type { Layout } from '../../../layout/layout.ts';
import { Emission } from '../../../math/emission.ts';
import type { Code } from '../../../wasm/code.ts';
import { move, times, walk } from './walk.ts';

/** Up to this many bytes a run is copied or cleared by instructions without a loop. */
const short = 256;
/** From this many bytes on the engine's own copy is faster than a loop of vectors. */
const long = 4096;

/** Copies adjacent bytes, a multiple of 4, from one address to another; they do not overlap. */
export function copyRun(code: Code, to: number, from: number, bytes: number): void {
  if (bytes >= long) {
    code.get(to).get(from).i32(bytes).copy();
    return;
  }
  if (bytes <= short) {
    copyShort(code, to, from, bytes);
    return;
  }
  const [target, source] = [code.local('i32'), code.local('i32')];
  code.get(to).set(target).get(from).set(source);
  times(code, Math.floor(bytes / 64), () => {
    copyShort(code, target, source, 64);
    move(code, target, 64);
    move(code, source, 64);
  });
  copyShort(code, target, source, bytes % 64);
}

function copyShort(code: Code, to: number, from: number, bytes: number): void {
  const vector = (at: number): void => {
    code.get(to).get(from).memory('v128.load', at, 2).memory('v128.store', at, 2);
  };
  let at = 0;
  for (; at + 16 <= bytes; at += 16) vector(at);
  if (at < bytes && bytes > 16) {
    // Some bytes twice, in one instruction.
    vector(bytes - 16);
    return;
  }
  for (; at + 8 <= bytes; at += 8) {
    code.get(to).get(from).memory('i64.load', at, 2).memory('i64.store', at, 2);
  }
  if (at < bytes) code.get(to).get(from).memory('i32.load', at).memory('i32.store', at);
}

/** Sets adjacent bytes, a multiple of 4, to 0. */
export function clearRun(code: Code, to: number, bytes: number): void {
  if (bytes > short) {
    code.get(to).i32(0).i32(bytes).fill();
    return;
  }
  let at = 0;
  if (bytes >= 16) {
    const zero = code.constant('i32x4', 0);
    for (; at + 16 <= bytes; at += 16) code.get(to).get(zero).memory('v128.store', at, 2);
    if (at < bytes)
      code
        .get(to)
        .get(zero)
        .memory('v128.store', bytes - 16, 2);
    return;
  }
  for (; at + 8 <= bytes; at += 8) code.get(to).i64(0n).memory('i64.store', at, 2);
  if (at < bytes) code.get(to).i32(0).memory('i32.store', at);
}

/** Fills a run with the element at an address. */
function repeatRun(code: Code, to: number, from: number, bytes: 4 | 8, count: number): void {
  const value = code.local('v128');
  const target = code.local('i32');
  code.get(from).memory(bytes === 4 ? 'v128.load32_splat' : 'v128.load64_splat', 0);
  code.set(value).get(to).set(target);
  const wide = 16 / bytes;
  times(code, Math.floor(count / wide), () => {
    code.get(target).get(value).memory('v128.store', 0, 2);
    move(code, target, 16);
  });
  for (let k = 0; k < count % wide; k++) {
    code.get(target).get(value);
    code.lane(bytes === 4 ? 'i32x4.extract_lane' : 'i64x2.extract_lane', 0);
    code.memory(bytes === 4 ? 'i32.store' : 'i64.store', k * bytes);
  }
}

/** One side of a copy: the address of the first element, and the strides. */
export interface Side {
  readonly local: number;
  readonly layout: Layout;
}

/**
 * Copies elements between strided places of one shape, in any order. The addresses are those of the
 * elements with index 0; layouts' offsets do not count. Both addresses end as they were.
 */
export function copyElements(code: Code, bytes: 4 | 8, to: Side, from: Side): void {
  if (to.layout.shape.includes(0)) return;
  const order = orderOf(to.layout, from.layout);
  const pick = ({ layout }: Side): Layout => ({
    shape: order.map((k) => layout.shape[k]!),
    strides: order.map((k) => layout.strides[k]!),
    offset: 0,
  });
  const nest = nestOf([pick(to), pick(from)]);
  const pointers = [
    { local: to.local, bytes },
    { local: from.local, bytes },
  ];
  if (copyTiles(code, bytes, to, from)) return;
  const run = nest.sizes.at(-1)!;
  const [target, source] = nest.strides.map((own) => own.at(-1)!);
  if (target !== 1 || source! > 1 || source! < 0 || run === 1) {
    walk(code, nest, pointers, 4, ([o, x]) => {
      code
        .get(to.local)
        .get(from.local)
        .memory(bytes === 4 ? 'i32.load' : 'i64.load', x!);
      code.memory(bytes === 4 ? 'i32.store' : 'i64.store', o!);
    });
    return;
  }
  const outer = {
    sizes: nest.sizes.slice(0, -1),
    strides: nest.strides.map((s) => s.slice(0, -1)),
  };
  walk(code, outer, pointers, 1, () => {
    if (source === 1) copyRun(code, to.local, from.local, run * bytes);
    else repeatRun(code, to.local, from.local, bytes, run);
  });
}

/** Copies what lies across in square tiles, which are turned in registers; whether it could. */
function copyTiles(code: Code, bytes: 4 | 8, to: Side, from: Side): boolean {
  const far = orderOf(to.layout, from.layout);
  const along = far.findLast((k) => to.layout.shape[k]! > 1 && to.layout.strides[k] === 1);
  if (along === undefined) return false;
  const order = [...far.filter((k) => k !== along), along];
  const { sizes, strides } = nestOf(
    [from, to].map(({ layout }) => ({
      shape: order.map((k) => layout.shape[k]!),
      strides: order.map((k) => layout.strides[k]!),
      offset: 0,
    })),
  );
  // Bits are copied: of one width, whatever they are.
  const [dtype, width] = bytes === 4 ? (['float32', 4] as const) : (['float64', 2] as const);
  const loops = tiled({ sizes, strides }, [{ dtype }], width);
  if (loops === null) return false;
  const movers = [from, to].map(({ local }, i) => {
    return { pointer: local, dtype, strides: loops.strides[i]! };
  });
  const ahead = (side: number, row: number, column: number): number => {
    const [across, next] = movers[side]!.strides.slice(-2);
    return (row * across! + column * next!) * bytes;
  };
  const tile = (): void => {
    const into = new Emission(code);
    for (const [row, lanes] of turnedRows(into, movers[0]!, width).entries()) {
      code.get(to.local);
      into.put(lanes);
      code.memory('v128.store', ahead(1, row, 0), 2);
    }
    into.done();
  };
  const part = (row: number, count: number): void => {
    for (let k = 0; k < count; k++) {
      code.get(to.local).get(from.local);
      code.memory(bytes === 4 ? 'i32.load' : 'i64.load', ahead(0, row, k));
      code.memory(bytes === 4 ? 'i32.store' : 'i64.store', ahead(1, row, k));
    }
  };
  const outer = loops.sizes.slice(0, -2);
  const outerMovers = movers.map((mover) => ({
    ...mover,
    strides: [...mover.strides.slice(0, -2), 0],
  }));
  outerLoops(code, [...outer, 1], outerMovers, false, () => {
    tileLoops(code, loops.sizes, width, movers, { tile, part });
  });
  if (outer.length > 0) {
    for (const { pointer, strides: own } of outerMovers) {
      move(code, pointer, -outer[0]! * own[0]! * bytes);
    }
  }
  return true;
}

/** The axes from those that move far through memory to those that move least. */
function orderOf(to: Layout, from: Layout): number[] {
  const reach = (k: number): number => Math.abs(to.strides[k]!) + Math.abs(from.strides[k]!);
  return to.shape.map((_, k) => k).sort((a, b) => reach(b) - reach(a) || a - b);
}
