import type { Frame, Index } from './frame.ts';
import { rowStride } from './plan.ts';
import { parameter } from './spec.ts';

/** Packs the block's part of rows that lie next to each other: tile by tile, step by step. */
export const packRows = (frame: Frame, rows: number, from: Index, to: Index): void => {
  const { code, product } = frame;
  const { m } = product;
  const row = frame.integer('packed row');
  const here = { local: row, offset: 0 };
  // A cache line holds several tiles' rows of one step: it is read once for all of them.
  frame.count(row, from, to, 4 * rows, () => packTiles(frame, rows, 4, here, from));
  frame.count(row, here, to, rows, () => packTiles(frame, rows, 1, here, from));
  if (m % rows === 0) return;
  frame.sum(undefined, [here, 1], [to, -1]);
  code.if(() => packTiles(frame, m % rows, 1, here, from));
};

const packTiles = (frame: Frame, rows: number, tiles: number, row: Index, from: Index): void => {
  const { code, product, plan } = frame;
  const { a, format } = product;
  const { size } = format;
  const [source, target] = [frame.integer('source'), frame.integer('target')];
  const step = frame.integer('packed step');
  const stride = rowStride(format, plan.kc);
  frame.sum(product.left, [row, size], [frame.depth, a.column * size]);
  code.set(source);
  frame.sum(parameter.scratch, [row, stride], [from, -stride]);
  code.set(target);
  frame.count(step, { offset: 0 }, frame.steps, 1, () => {
    for (let tile = 0; tile < tiles; tile++) {
      const [read, written] = [tile * rows * size, tile * rows * stride];
      let done = 0;
      for (const [bytes, load, store] of chunks) {
        for (; rows * size - done >= bytes; done += bytes) {
          code
            .get(target)
            .get(source)
            .memory(load, read + done)
            .memory(store, written + done);
        }
      }
    }
    code
      .get(source)
      .i32(a.column * size)
      .op('i32.add')
      .set(source);
    code
      .get(target)
      .i32(rows * size)
      .op('i32.add')
      .set(target);
  });
};

const chunks = [
  [16, 'v128.load', 'v128.store'],
  [8, 'i64.load', 'i64.store'],
  [4, 'i32.load', 'i32.store'],
] as const;
