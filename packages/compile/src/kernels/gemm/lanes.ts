import type { Frame } from './frame.ts';

/** Where lanes lie in memory: an address, a constant offset, and elements from lane to lane. */
export interface Lanes {
  readonly pointer: number;
  readonly offset: number;
  readonly stride: number;
  readonly lanes: number;
}

/** Offsets are unsigned in the binary format: an address below the pointer needs one of its own. */
const reachable = (frame: Frame, at: Lanes): Lanes => {
  const lowest = at.offset + Math.min(0, (at.lanes - 1) * at.stride * frame.product.format.size);
  if (lowest >= 0) return at;
  const pointer = frame.integer('low');
  frame.code.get(at.pointer).i32(lowest).op('i32.add').set(pointer);
  return { ...at, pointer, offset: at.offset - lowest };
};

/** Pushes lanes as v128; the others are 0 or repeat. */
export const loadLanes = (frame: Frame, wanted: Lanes): void => {
  const { code, product } = frame;
  const { format } = product;
  const { pointer, offset, stride, lanes } = reachable(frame, wanted);
  code.get(pointer);
  if (stride === 0) {
    code.memory(format.splat, offset);
    return;
  }
  if (stride === 1 && lanes === format.lanes) {
    code.memory('v128.load', offset);
    return;
  }
  const pair = stride === 1 && format.size === 4 && lanes >= 2;
  code.memory(pair ? 'v128.load64_zero' : format.zero, offset);
  for (let lane = pair ? 2 : 1; lane < lanes; lane++) {
    code.get(pointer).memory(`${format.scalar}.load`, offset + lane * stride * format.size);
    code.lane(`${format.prefix}.replace_lane`, lane);
  }
};

/** Stores lanes of a local. */
export const storeLanes = (frame: Frame, wanted: Lanes, value: number): void => {
  const { code, product } = frame;
  const { format } = product;
  const { pointer, offset, stride, lanes } = reachable(frame, wanted);
  if (stride === 1 && lanes === format.lanes) {
    code.get(pointer).get(value).memory('v128.store', offset);
    return;
  }
  const pair = stride === 1 && format.size === 4 && lanes >= 2;
  if (pair) code.get(pointer).get(value).lane('i64x2.extract_lane', 0).memory('i64.store', offset);
  for (let lane = pair ? 2 : 0; lane < lanes; lane++) {
    code.get(pointer).get(value).lane(`${format.prefix}.extract_lane`, lane);
    code.memory(`${format.scalar}.store`, offset + lane * stride * format.size);
  }
};
