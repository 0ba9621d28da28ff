import { getHeapStatistics } from 'node:v8';
import { FormatError } from '@tikhonov/data';
import { type FuzzedFormat, maxBytes } from './formats.ts';
import { drawFrom, mutateBytes } from './mutate-bytes.ts';

/** What a run found. */
export interface FuzzReport {
  /** Files that were read as something else, or as the same. */
  readonly accepted: number;
  readonly refused: number;
  /** What went wrong, with the file. */
  readonly failures: readonly string[];
  /** The most bytes that one file took, over what it may take: at most 1. */
  readonly memory: number;
  /** The longest time for one file, in ms. */
  readonly slowest: number;
}

/** Which files are read: file `i` depends on the seed and `i` alone. */
export interface FuzzRange {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** Beside the bytes of a file, whatever it holds: tables, views, the JSON of a header. */
const allowance = 2 ** 13;
/** A file of some hundred bytes that takes longer hangs, or nearly. */
const longest = 5000;
const mostFailures = 5;

/** Changes valid files of a format and reads them. */
export async function fuzzFormat(format: FuzzedFormat, range: FuzzRange): Promise<FuzzReport> {
  const files = await format.files();
  let [accepted, refused, memory, slowest] = [0, 0, 0, 0];
  const failures: string[] = [];
  for (let i = range.from; i < range.to && failures.length < mostFailures; i++) {
    const file = mutant(format, files, range.seed, i);
    let measured = await measure(format, file);
    // What is loaded and made once is not the file's: it must take too much every time.
    if (measured.share > 1) measured = await measure(format, file);
    const { outcome, elapsed, taken, share } = measured;
    slowest = Math.max(slowest, elapsed);
    memory = Math.max(memory, share);
    if (outcome.kind === 'accepted') accepted++;
    if (outcome.kind === 'refused') refused++;
    const problem =
      outcome.problem ??
      (share > 1 ? `it took ${taken} bytes` : null) ??
      (elapsed > longest ? `it took ${Math.round(elapsed)} ms` : null) ??
      pollution();
    if (problem !== null) failures.push(`${format.name} ${i}: ${problem}\n  ${hex(file)}`);
  }
  return { accepted, refused, failures, memory, slowest };
}

/** File `i`. */
export function mutant(
  format: FuzzedFormat,
  files: readonly Uint8Array[],
  seed: number,
  i: number,
): Uint8Array {
  const draw = drawFrom(Math.imul(seed, 0x9e3779b1) + i);
  const file = files[draw(files.length)]!;
  const changed = mutateBytes(file, files[draw(files.length)]!, draw);
  return format.repaired !== undefined && draw(2) === 0 ? format.repaired(changed) : changed;
}

interface Measured {
  readonly outcome: Outcome;
  /** In ms. */
  readonly elapsed: number;
  /** Bytes of buffers and tensors. */
  readonly taken: number;
  /** Of the bytes that the file allows. */
  readonly share: number;
}

async function measure(format: FuzzedFormat, file: Uint8Array): Promise<Measured> {
  const before = external();
  const start = performance.now();
  const outcome = await outcomeOf(format, file);
  const elapsed = performance.now() - start;
  const taken = Math.max(outcome.bytes, external() - before);
  const inflated = format.inflates === true ? 2 * maxBytes : 0;
  const share = taken / (format.bytesPerByte * file.length + allowance + inflated);
  return { outcome, elapsed, taken, share };
}

interface Outcome {
  readonly kind: 'accepted' | 'refused' | 'failed';
  readonly problem: string | null;
  /** Of the tensors. */
  readonly bytes: number;
}

async function outcomeOf(format: FuzzedFormat, file: Uint8Array): Promise<Outcome> {
  try {
    const tensors = await format.read(file);
    const bytes = tensors.reduce((sum, x) => sum + x.data().byteLength, 0);
    return { kind: 'accepted', problem: null, bytes };
  } catch (error) {
    const isHonest = error instanceof FormatError && error.message.includes('\n  ');
    const problem = isHonest ? null : error instanceof Error ? `${error.stack}` : String(error);
    return { kind: isHonest ? 'refused' : 'failed', problem, bytes: 0 };
  }
}

/** Bytes of buffers that are alive or not yet collected. */
const external = (): number => getHeapStatistics().external_memory;

/** What a file has put where every object sees it. */
function pollution(): string | null {
  for (const prototype of [Object.prototype, Array.prototype, Map.prototype]) {
    for (const name in prototype) return `a prototype has '${name}'`;
  }
  return Object.getPrototypeOf({}) === Object.prototype
    ? null
    : 'the prototype of objects is another';
}

const hex = (file: Uint8Array): string => Buffer.from(file.subarray(0, 2000)).toString('hex');
