import type { Frame, Index } from './frame.ts';
import { shuffles } from './shuffles.ts';
import { Site } from './site.ts';
import { addBias, type Ends, multiplyAdd, pushStart } from './tile.ts';

/** The product as dot products of rows of `a` and columns of `b`, both adjacent along k. */
export const emitDots = (frame: Frame, ends: Ends): void => {
  const { product } = frame;
  const { m, n, profile } = product;
  const width = m === 1 && profile.ordered ? 8 : 4;
  const [row, column] = [frame.integer('row'), frame.integer('column')];
  const rows = (at: Index, columns: number): void => {
    if (m >= 2) {
      frame.count(row, { offset: 0 }, { offset: m }, 2, () => {
        dotTile(frame, 2, { local: row, offset: 0 }, columns, at, ends);
      });
    }
    if (m % 2 === 1) dotTile(frame, 1, { offset: m - 1 }, columns, at, ends);
  };
  frame.count(column, { offset: 0 }, { offset: n }, width, () => {
    rows({ local: column, offset: 0 }, width);
  });
  if (n % width > 0) rows({ offset: n - (n % width) }, n % width);
};

const dotTile = (
  frame: Frame,
  rows: number,
  row: Index,
  columns: number,
  column: Index,
  ends: Ends,
): void => {
  const { code, product } = frame;
  const { k, a, b, format } = product;
  const { size, lanes, prefix } = format;
  const [x, y, end] = [
    frame.integer('row stream'),
    frame.integer('panel stream'),
    frame.integer('end'),
  ];
  const sum = (r: number, s: number): number => frame.vector(r * columns + s);
  const factor = (r: number): number => frame.vector(rows * columns + r);
  const other = frame.vector(rows * columns + rows);
  const lowestA = Math.min(0, (rows - 1) * a.row * size);
  const lowestB = Math.min(0, (columns - 1) * b.column * size);

  for (let number = 0; number < rows * columns; number++) {
    code.v128(new Uint8Array(16)).set(frame.vector(number));
  }
  frame.sum(product.left, [row, a.row * size], [{ offset: lowestA }, 1]);
  code.set(x);
  frame.sum(product.right, [column, b.column * size], [{ offset: lowestB }, 1]);
  code.set(y);

  const left = k % lanes;
  const masked = (mask: boolean): void => {
    if (!mask) return;
    // Both factors: what is not wanted may be infinite, and 0 times infinity is not 0.
    code.v128(
      Uint8Array.from({ length: 16 }, (_, byte) => (byte >= (lanes - left) * size ? 255 : 0)),
    );
    code.op('v128.and');
  };
  const step = (mask: boolean): void => {
    for (let r = 0; r < rows; r++) {
      code.get(x).memory('v128.load', r * a.row * size - lowestA);
      masked(mask);
      code.set(factor(r));
    }
    for (let s = 0; s < columns; s++) {
      code.get(y).memory('v128.load', s * b.column * size - lowestB);
      masked(mask);
      code.set(other);
      for (let r = 0; r < rows; r++) multiplyAdd(frame, sum(r, s), factor(r), other);
    }
  };
  const move = (pointer: number, bytes: number): void => {
    code.get(pointer).i32(bytes).op('i32.add').set(pointer);
  };
  const turns = Math.floor(k / lanes);
  frame.sum(x, [{ offset: turns * 16 }, 1]);
  code.set(end);
  code.loop((again) => {
    step(false);
    move(x, 16);
    move(y, 16);
    code.get(x).get(end).op('i32.ne');
    again(true);
  });
  if (left > 0) {
    move(x, (left - lanes) * size);
    move(y, (left - lanes) * size);
    step(true);
  }

  const corner = new Site(frame, row, column, lanes);
  for (let r = 0; r < rows; r++) {
    const results: [Site, number][] = [];
    for (let s = 0; s < columns; s += lanes) {
      const site = corner.at(r, s, Math.min(lanes, columns - s));
      const parts = Array.from({ length: lanes }, (_, lane) =>
        sum(r, Math.min(s + lane, columns - 1)),
      );
      pushSums(frame, parts, factor(0), frame.vector(rows * columns + 1));
      if (ends.start !== 'zero') {
        pushStart(frame, site, ends.start);
        code.op(`${prefix}.add`);
      }
      if (ends.bias) addBias(frame, site);
      if (ends.epilogue) product.epilogue?.emit(code, site);
      code.set(parts[0]!);
      results.push([site, parts[0]!]);
    }
    for (const [site, value] of results) site.store(value);
  }
};

/** Pushes a vector of the sums of each vector's lanes; `p` and `q` are free locals. */
const pushSums = (frame: Frame, parts: readonly number[], p: number, q: number): void => {
  const { code, product } = frame;
  const { prefix, lanes } = product.format;
  const add = (x: number, y: number, low: readonly number[], high: readonly number[]): void => {
    code.get(x).get(y).shuffle(low).get(x).get(y).shuffle(high).op(`${prefix}.add`);
  };
  const { lowLanes, highLanes, lowPairs, highPairs } = shuffles;
  if (lanes === 2) {
    add(parts[0]!, parts[1]!, lowPairs, highPairs);
    return;
  }
  add(parts[0]!, parts[1]!, lowLanes, highLanes);
  code.set(p);
  add(parts[2]!, parts[3]!, lowLanes, highLanes);
  code.set(q);
  add(p, q, lowPairs, highPairs);
};
