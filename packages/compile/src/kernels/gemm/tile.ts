import type { Frame, Index } from './frame.ts';
import { loadLanes } from './lanes.ts';
import type { Panel } from './panels.ts';
import { rowStride } from './plan.ts';
import { Site } from './site.ts';
import { parameter } from './spec.ts';

/** What a tile's sums start from, and whether the epilogue belongs to the tile. */
export interface Ends {
  readonly start: 'zero' | 'result';
  /** Whether the bias is added, which comes last: it may be large beside the products. */
  readonly bias: boolean;
  readonly epilogue: boolean;
}

/** A stretch of memory along k: where it starts, and bytes from step to step. */
interface Stream {
  readonly pointer: number;
  readonly step: number;
}

/** Pushes what a sum starts from. */
export const pushStart = ({ code }: Frame, site: Site, start: Ends['start']): void => {
  if (start === 'zero') code.v128(new Uint8Array(16));
  else site.loadResult();
};

/** Adds the bias to the vector on the stack. */
export const addBias = ({ code, product }: Frame, site: Site): void => {
  site.loadBias();
  code.op(`${product.format.prefix}.add`);
};

/** `sum += a * b`, all locals. */
export const multiplyAdd = (frame: Frame, sum: number, a: number, b: number): void => {
  const { code, product } = frame;
  const { prefix } = product.format;
  if (product.profile.relaxed) code.get(a).get(b).get(sum).op(`${prefix}.relaxed_madd`).set(sum);
  else code.get(sum).get(a).get(b).op(`${prefix}.mul`, `${prefix}.add`).set(sum);
};

/**
 * A tile of the result: `rows` rows from `row`, a panel's columns from `column`. The packed or plain
 * columns start at the local `panel`; the rows start at `block` if they are packed.
 */
export const emitTile = (
  frame: Frame,
  panel: Panel,
  rows: number,
  row: Index,
  column: Index,
  ends: Ends,
): void => {
  const { code, product, plan } = frame;
  const { format } = product;
  const { starts, lanes } = panel;
  const width = starts.length;
  const sum = (r: number, v: number): number => frame.vector(r * width + v);
  const corner = new Site(frame, row, column, lanes);
  const sites = Array.from({ length: rows }, (_, r) => starts.map((start) => corner.at(r, start)));

  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < width; v++) {
      if (ends.start === 'zero' && r > 0) code.get(sum(0, v));
      else pushStart(frame, sites[r]![v]!, ends.start);
      code.set(sum(r, v));
    }
  }

  const a: Stream = {
    pointer: frame.integer('row stream'),
    step: plan.packA ? rows * format.size : product.a.column * format.size,
  };
  const b: Stream = {
    pointer: frame.integer('panel stream'),
    step: plan.packB ? width * 16 : product.b.row * format.size,
  };
  const apart = plan.packA ? 1 : product.a.row;
  // Offsets in instructions cannot be negative: with a negative stride the last row is the base.
  const lowest = Math.min(0, (rows - 1) * apart * format.size);

  const step = (number: number): void => {
    const factor = (r: number): void => {
      code.get(a.pointer);
      code.memory(format.splat, r * apart * format.size - lowest + number * a.step);
    };
    const columns = (v: number): void => {
      const offset = (plan.packB ? v * 16 : starts[v]! * format.size) + number * b.step;
      const whole = plan.packB ? format.lanes : lanes;
      loadLanes(frame, { pointer: b.pointer, offset, stride: 1, lanes: whole });
    };
    const count = rows * width;
    for (let v = 0; v < width; v++) {
      columns(v);
      code.set(frame.vector(count + v));
    }
    for (let r = 0; r < rows; r++) {
      factor(r);
      code.set(frame.vector(count + width + r));
      for (let v = 0; v < width; v++) {
        multiplyAdd(frame, sum(r, v), frame.vector(count + width + r), frame.vector(count + v));
      }
    }
  };

  if (product.k > 0) {
    if (plan.packA) {
      const stride = rowStride(format, plan.kc);
      const rowsBefore = { local: frame.integer('block row'), offset: 0 };
      frame.sum(parameter.scratch, [row, stride], [rowsBefore, -stride]);
    } else {
      frame.sum(
        product.left,
        [row, product.a.row * format.size],
        [frame.depth, product.a.column * format.size],
        [{ offset: lowest }, 1],
      );
    }
    code.set(a.pointer);
    code.get(frame.integer('panel')).set(b.pointer);
    walk(frame, a, b, step);
  }

  // One row of the bias for all rows of the tile, where the factors' vectors were.
  const biasAt = (v: number): number => frame.vector(rows * width + v);
  const isOneRow = ends.bias && !product.swapped;
  for (let v = 0; v < width && isOneRow; v++) {
    sites[0]![v]!.loadBias();
    code.set(biasAt(v));
  }
  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < width && (ends.bias || ends.epilogue); v++) {
      code.get(sum(r, v));
      if (isOneRow) code.get(biasAt(v)).op(`${format.prefix}.add`);
      else if (ends.bias) addBias(frame, sites[r]![v]!);
      if (ends.epilogue) product.epilogue?.emit(code, sites[r]![v]!);
      code.set(sum(r, v));
    }
    for (let v = 0; v < width; v++) sites[r]![v]!.store(sum(r, v));
  }
};

/** Runs the steps of a block, and moves both streams along. */
const walk = (frame: Frame, a: Stream, b: Stream, step: (number: number) => void): void => {
  const { code, steps, product } = frame;
  const straight = steps.local === undefined && steps.offset <= 2 && a.step >= 0 && b.step >= 0;
  if (straight) {
    for (let number = 0; number < steps.offset; number++) step(number);
    return;
  }
  const { profile } = product;
  const ahead = a.step >= 0 && b.step >= 0 && a.step + b.step > 0;
  const unroll = steps.local === undefined && ahead ? profile.unroll : 1;
  const left = steps.offset % unroll;
  // The stream that tells the end must move.
  const counter = { pointer: frame.integer('counter'), step: -1 };
  const [control, end] =
    b.step !== 0
      ? [b, frame.integer('panel end')]
      : a.step !== 0
        ? [a, frame.integer('row end')]
        : [counter, undefined];
  const turns = steps.local === undefined ? { offset: steps.offset - left } : steps;
  if (control === counter) {
    frame.sum(undefined, [turns, 1]);
    code.set(counter.pointer);
  } else {
    frame.sum(control.pointer, [turns, control.step]);
    code.set(end!);
  }
  code.loop((again) => {
    for (let number = 0; number < unroll; number++) step(number);
    for (const stream of control === counter ? [counter] : [a, b]) {
      if (stream.step === 0) continue;
      code
        .get(stream.pointer)
        .i32(stream.step * (stream === counter ? 1 : unroll))
        .op('i32.add');
      code.set(stream.pointer);
    }
    code.get(control.pointer);
    if (end !== undefined) code.get(end).op('i32.ne');
    again(true);
  });
  for (let number = 0; number < left; number++) step(number);
};
