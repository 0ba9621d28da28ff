import type { Aval } from '@tikhonov/core/engine';
import { bytesOf } from '../kernels/map/elements.ts';
import { sizeOf } from '../layout/layout.ts';

/** Bytes of a value in memory. */
export const bytesIn = ({ shape, dtype }: Aval): number => sizeOf(shape) * bytesOf(dtype);

/** A stretch of memory in use. */
interface Block {
  readonly from: number;
  readonly to: number;
  /** The last step that uses it. */
  readonly until: number;
}

/** Blocks begin at cache lines. */
const line = 64;

/** Hands out addresses, so that what is not needed at the same time may lie in the same place. */
export class MemoryPlan {
  readonly #start: number;
  #blocks: Block[] = [];
  #end: number;

  /** @param start  the first free address */
  constructor(start: number) {
    this.#start = align(start);
    this.#end = this.#start;
  }

  /** An address for bytes that are in use from one step to another, both included. */
  place(bytes: number, from: number, until: number): number {
    const size = align(Math.max(1, bytes));
    this.#blocks = this.#blocks
      .filter((block) => block.until >= from)
      .sort((a, b) => a.from - b.from);
    let at = this.#start;
    let best = -1;
    let room = Number.POSITIVE_INFINITY;
    for (const block of [...this.#blocks, { from: this.#end, to: this.#end, until: 0 }]) {
      const gap = block.from - at;
      if (gap >= size && gap < room) [best, room] = [at, gap];
      at = Math.max(at, block.to);
    }
    if (best < 0) {
      const last = this.#blocks.at(-1);
      best = last === undefined ? this.#start : Math.max(last.to, this.#start);
      this.#end = Math.max(this.#end, best + size);
    }
    this.#blocks.push({ from: best, to: best + size, until });
    return best;
  }

  /** Bytes of memory in all. */
  get end(): number {
    return this.#end;
  }
}

/** Bytes of whole cache lines. */
export const align = (bytes: number): number => Math.ceil(bytes / line) * line;
