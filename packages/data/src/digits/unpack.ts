import { alphabet, count, labelLines, pixelLines } from './packed.ts';

/** The images as they were measured. */
export interface RawDigits {
  readonly count: number;
  /** `count * 64` values 0..16, row by row. */
  readonly pixels: Uint8Array;
  /** `count` values 0..9. */
  readonly labels: Uint8Array;
}

let unpacked: RawDigits | undefined;

/** Unpacks on the first call and keeps the result, which nobody may write to. */
export function unpackDigits(): RawDigits {
  unpacked ??= { count, pixels: unpackPixels(), labels: unpackLabels() };
  return unpacked;
}

function unpackPixels(): Uint8Array {
  const digitOf = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) digitOf[alphabet.charCodeAt(i)] = i;
  const pixels = new Uint8Array(count * 64);
  let at = 0;
  for (const line of pixelLines) {
    for (let i = 0; i < line.length; i += 2) {
      const value = digitOf[line.charCodeAt(i)]! * 71 + digitOf[line.charCodeAt(i + 1)]!;
      pixels[at] = Math.floor(value / 289);
      pixels[at + 1] = Math.floor(value / 17) % 17;
      pixels[at + 2] = value % 17;
      at += 3;
    }
  }
  return pixels;
}

const unpackLabels = (): Uint8Array => Uint8Array.from(labelLines.join(''), Number);
