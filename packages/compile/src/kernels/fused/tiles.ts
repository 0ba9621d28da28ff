import type { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';
import { bytesOf, lanesOf, loadRun, type Width } from '../map/elements.ts';
import { type Loops, type Mover, move, repeat } from './loops.ts';

/** Whether an operand is read by vectors along the second loop from within, and turned in registers. */
export const isTurned = ({ dtype, strides }: Mover, width: Width): boolean =>
  bytesOf(dtype) * width === 16 && strides.at(-2) === 1 && strides.at(-1)! > 1;

/**
 * The loops with one of them moved next to the innermost, so that the two can be walked in square tiles:
 * along that one lie the elements of inputs for which the innermost is a leap through memory. Nothing if
 * there is no such input.
 */
export function tiled(
  { sizes, strides }: Loops,
  inputs: readonly Pick<Mover, 'dtype'>[],
  width: Width,
): Loops | null {
  const last = sizes.length - 1;
  if (last < 1 || sizes[last]! < width) return null;
  for (let at = last - 1; at >= 0; at--) {
    if (sizes[at]! < width) continue;
    const order = [...sizes.keys()].filter((k) => k !== at && k !== last);
    const moved = strides.map((own) => [...order, at, last].map((k) => own[k]!));
    // Rows of a tile are ahead of its start by immediates, which are not negative.
    if (moved.some((own) => own.at(-1)! < 0 || own.at(-2)! < 0)) continue;
    const turns = inputs.some(({ dtype }, i) =>
      isTurned({ pointer: 0, dtype, strides: moved[i]! }, width),
    );
    if (turns) return { sizes: [...order, at, last].map((k) => sizes[k]!), strides: moved };
  }
  return null;
}

/** Tiles side by side that make up a cache line. */
const bandsOfLine = 4;

/** What is written for a tile, and for a row's `count` elements that are in none. */
export interface TileBody {
  readonly tile: () => void;
  readonly part: (row: number, count: number) => void;
}

/**
 * Walks the last two loops in tiles of `width` rows, each of them a vector; then the rows that are left.
 * The addresses end where they began.
 */
export function tileLoops(
  code: Code,
  sizes: readonly number[],
  width: Width,
  movers: readonly Mover[],
  { tile, part }: TileBody,
): void {
  const [rows, columns] = [sizes.at(-2)!, sizes.at(-1)!];
  const advance = (along: number, across: number): void => {
    for (const { pointer, dtype, strides } of movers) {
      move(code, pointer, (strides.at(-1)! * along + strides.at(-2)! * across) * bytesOf(dtype));
    }
  };
  const rest = columns % width;
  // Several bands of rows at a time, which is a cache line across.
  const bands = (count: number, height: number, whole: () => void): void => {
    const each = (along: number, body: () => void): void => {
      repeat(code, count, () => {
        body();
        if (count > 1) advance(0, height);
      });
      advance(along, count > 1 ? -count * height : 0);
    };
    repeat(code, Math.floor(columns / width), () => each(width, whole));
    const parts = (): void => {
      for (let row = 0; row < height; row++) part(row, rest);
    };
    if (rest > 0) each(rest, parts);
    advance(-columns, count * height);
  };
  const wide = bandsOfLine * width;
  repeat(code, Math.floor(rows / wide), () => bands(bandsOfLine, width, tile));
  repeat(code, Math.floor((rows % wide) / width), () => bands(1, width, tile));
  repeat(code, rows % width, () => bands(1, 1, () => part(0, width)));
  advance(0, -rows);
}

/** Loads a tile of an input by vectors across its rows, and turns it: one vector per row, kept. */
export function turnedRows(
  into: Emission,
  { pointer, dtype, strides }: Mover,
  width: Width,
): readonly Lanes[] {
  const stride = strides.at(-1)! * bytesOf(dtype);
  const loaded = Array.from({ length: width }, (_, k) =>
    into.keep(loadRun(into, width, { dtype, pointer, stride: 1, count: width, ahead: k * stride })),
  );
  const type = lanesOf(width);
  const mix = (x: Lanes, y: Lanes, words: readonly number[]): Lanes =>
    into.keep(x.raw(type, (code) => code.shuffle(bytesOfWords(words)), y));
  const [low, high] = [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ] as const;
  if (width === 2) return [low, high].map((half) => mix(loaded[0]!, loaded[1]!, half));
  const pairs = [0, 2].map((k) => {
    const [x, y] = [loaded[k]!, loaded[k + 1]!];
    return [mix(x, y, [0, 4, 1, 5]), mix(x, y, [2, 6, 3, 7])] as const;
  });
  return [0, 1].flatMap((k) => [low, high].map((half) => mix(pairs[0]![k]!, pairs[1]![k]!, half)));
}

/** The bytes of 32-bit words of two vectors. */
const bytesOfWords = (words: readonly number[]): number[] =>
  words.flatMap((word) => [0, 1, 2, 3].map((k) => 4 * word + k));
