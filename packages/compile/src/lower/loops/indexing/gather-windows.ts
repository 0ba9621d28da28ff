import { nestOf } from '../../../kernels/map/nest.ts';
import { dense } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import { addVectors, loadSums, storePairs, storeSums, sumLanes } from './sums.ts';
import { move, times, walk } from './walk.ts';
import {
  type Block,
  backwards,
  phasesOf,
  type Turns,
  turnsOf,
  type WindowAxis,
  type Windows,
} from './windows.ts';

/** A loop over the elements of windows that meet one row of the result, for an axis around the rows. */
interface Meeting {
  readonly axis: WindowAxis;
  /** The local with the row's place along the axis. */
  readonly place: number;
}

/**
 * Makes results in their order, a row at a time, each block of a row from all elements that meet it: sums
 * stay in registers. Local 1 ends behind the results.
 */
export function gatherWindows(code: Code, windows: Windows): void {
  const { dtype, bytes, lead, axes } = windows;
  const reverse = backwards(windows);
  const last = axes.at(-1)!;
  const turns = turnsOf(last, phasesOf(last, reverse), dtype);
  const around = axes.slice(0, -1).map((axis): Meeting => ({ axis, place: code.local('i32') }));
  const blocks = new Row(code, windows, around, reverse);
  const rows = (depth: number): void => {
    if (depth === around.length) {
      for (const turn of turns) blocks.write(turn);
      move(code, 1, last.extent * bytes);
      return;
    }
    const { axis, place } = around[depth]!;
    code.i32(0).set(place);
    times(code, axis.extent, () => {
      rows(depth + 1);
      move(code, place, 1);
    });
  };
  // The results' address moves by itself.
  const { sizes, strides } = nestOf([lead, dense(lead.shape)]);
  walk(code, { sizes, strides: [strides[0]!] }, [{ local: 0, bytes }], 1, () => rows(0));
}

/** Writes blocks of rows. */
class Row {
  readonly #code: Code;
  readonly #windows: Windows;
  readonly #around: readonly Meeting[];
  readonly #reverse: boolean;
  readonly #sums: number[] = [];
  readonly #locals: number[];
  readonly #result: number;

  constructor(code: Code, windows: Windows, around: readonly Meeting[], reverse: boolean) {
    this.#code = code;
    this.#windows = windows;
    this.#around = around;
    this.#reverse = reverse;
    this.#locals = Array.from({ length: around.length + 1 }, () => code.local('i32'));
    this.#result = code.local('i32');
  }

  /** One block, or as many as there are like it. */
  write({ block, repeat, step }: Turns): void {
    const code = this.#code;
    const { bytes, axes } = this.#windows;
    const { byWindow, stride } = axes.at(-1)!;
    const [from] = this.#locals;
    code.get(0).set(from!).get(1).set(this.#result);
    times(code, repeat, () => {
      this.#block(block);
      if (repeat === 1) return;
      move(code, from!, step * byWindow);
      move(code, this.#result, step * stride * bytes);
    });
  }

  #block(block: Block): void {
    const code = this.#code;
    const zero = code.constant('i32x4', 0);
    while (this.#sums.length < block.length) this.#sums.push(code.local('v128'));
    for (const k of block.keys()) code.get(zero).set(this.#sums[k]!);
    // Immediates are unsigned: the elements' addresses are told from the lowest one.
    const low = Math.min(0, ...this.#offsets(block));
    if (low < 0) move(code, this.#locals[0]!, low);
    this.#meet(0, block, low);
    if (low < 0) move(code, this.#locals[0]!, -low);
    this.#store(block);
  }

  /** Offsets of all lanes that a block reads. */
  #offsets(block: Block): number[] {
    const { axes } = this.#windows;
    const { byElement, byWindow, count } = axes.at(-1)!;
    return block.flatMap(({ phase, first, lanes }) =>
      phase.taps.flatMap(({ element, back }) =>
        Array.from({ length: lanes }, (_, lane) => first + lane - back)
          .filter((window) => window >= 0 && window < count)
          .map((window) => window * byWindow + element * byElement),
      ),
    );
  }

  /** The loops over elements of the axes around, and inside the additions. */
  #meet(depth: number, block: Block, low: number): void {
    const code = this.#code;
    const from = this.#locals[depth]!;
    if (depth === this.#around.length) {
      this.#add(block, from, low);
      return;
    }
    const { axis, place } = this.#around[depth]!;
    const next = this.#locals[depth + 1]!;
    const { size, count, stride, dilation, byWindow, byElement } = axis;
    const [element, distance] = [code.local('i32'), code.local('i32')];
    const inner = (): void => {
      // Below 0 it is large.
      code
        .get(distance)
        .i32(count * stride)
        .op('i32.lt_u');
      if (stride > 1) code.get(distance).i32(stride).op('i32.rem_u', 'i32.eqz', 'i32.and');
      code.if(() => {
        code.get(from).get(distance);
        if (stride > 1) code.i32(stride).op('i32.div_u');
        code.i32(byWindow).op('i32.mul', 'i32.add');
        code.get(element).op('i32.add').set(next);
        this.#meet(depth + 1, block, low);
      });
    };
    const start = this.#reverse ? size - 1 : 0;
    const by = this.#reverse ? -1 : 1;
    code.i32(start * byElement).set(element);
    code
      .get(place)
      .i32(start * dilation)
      .op('i32.sub')
      .set(distance);
    times(code, size, () => {
      inner();
      move(code, element, by * byElement);
      move(code, distance, -by * dilation);
    });
  }

  #add(block: Block, pointer: number, low: number): void {
    const code = this.#code;
    const { dtype, bytes, axes } = this.#windows;
    const { byElement, byWindow, count } = axes.at(-1)!;
    const most = Math.max(0, ...block.map(({ phase }) => phase.taps.length));
    for (let t = 0; t < most; t++) {
      for (const [k, { phase, first, lanes }] of block.entries()) {
        const tap = phase.taps[t];
        if (tap === undefined) continue;
        const window = first - tap.back;
        const [begin, end] = [Math.max(0, -window), Math.min(lanes, count - window)];
        if (begin >= end) continue;
        code.get(this.#sums[k]!);
        loadSums(code, dtype, {
          pointer,
          offset: window * byWindow + tap.element * byElement - low,
          stride: byWindow / bytes,
          first: begin,
          end,
        });
        addVectors(code, dtype).set(this.#sums[k]!);
      }
    }
  }

  /** Results of one phase lie side by side, those of two in turns, those of more one by one. */
  #store(block: Block): void {
    const code = this.#code;
    const { dtype, bytes, axes } = this.#windows;
    const { stride } = axes.at(-1)!;
    const width = sumLanes(dtype);
    const result = this.#result;
    if (stride === 1) {
      const left = block.reduce((n, { lanes }) => n + lanes, 0);
      storeSums(code, dtype, result, block[0]!.first * bytes, this.#sums, left);
      return;
    }
    const done = new Set<number>();
    for (const [k, { phase, first, lanes }] of block.entries()) {
      const at = (phase.remainder + first * stride) * bytes;
      const other = block.findIndex((cell) => cell.phase !== phase && cell.first === first);
      if (done.has(k)) continue;
      if (stride === 2 && lanes === width && block[other]?.lanes === width) {
        storePairs(code, dtype, result, at, this.#sums[k]!, this.#sums[other]!);
        done.add(other);
      } else storeSums(code, dtype, result, at, [this.#sums[k]!], lanes, stride);
    }
  }
}
