import type { Tensor } from '@tikhonov/core';
import { FormatError } from '@tikhonov/data';
import { requireBytes } from '@tikhonov/data/engine';
import { decodeData, encodeData, type PlainData } from './plain-data.ts';
import { loadSafetensors, saveSafetensors } from './safetensors.ts';

/** What a checkpoint file holds. */
export interface Checkpoint<State extends PlainData = PlainData> {
  /** Tensors by name: parameters, optimizer state and whatever else. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Anything else: positions, histories, states of callbacks; may hold tensors, too. */
  readonly state: State;
}

const format = 'tikhonov-checkpoint';
const version = '1';

/** The checksum is the first text in a file, and counts as zeros in its own computation. */
const checksumAt = 8 + '{"__metadata__":{"checksum":"'.length;
const noChecksum = '0'.repeat(64);

/**
 * A checkpoint as bytes: a safetensors file, so that other programs can open its tensors, with the state,
 * a version and a SHA-256 checksum of everything in its header. Every number survives, NaN, infinities and -0
 * included.
 *
 * @returns the file
 * @throws TypeError naming what cannot be saved
 * @example
 * ```ts
 * const file = await train.encodeCheckpoint({ tensors: { w: tensor([1, 2]) }, state: { epoch: 3, best: NaN } });
 * const { tensors, state } = await train.decodeCheckpoint<{ best: number }>(file);
 * tensors.w.toArray(); // => [1, 2]
 * state.best; // => NaN
 * ```
 */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  const { text, tensors } = encodeData('encodeCheckpoint', checkpoint.state);
  const named = Object.entries(checkpoint.tensors).map(
    ([name, x]) => [`tensors.${name}`, x] as const,
  );
  const metadata = { checksum: noChecksum, format, version, state: text };
  const file = saveSafetensors({ ...tensors, ...Object.fromEntries(named) }, { metadata });
  file.set(new TextEncoder().encode(await digest(file)), checksumAt);
  return file;
}

/**
 * What `encodeCheckpoint` was given. Nothing is returned unless the whole file is as it was written.
 *
 * @typeParam State  what the caller knows the state to be; not checked
 * @param file  the bytes
 * @throws FormatError if the file is damaged, no checkpoint, or of another version
 */
export async function decodeCheckpoint<State extends PlainData = PlainData>(
  file: Uint8Array,
): Promise<Checkpoint<State>> {
  const where = 'decodeCheckpoint';
  requireBytes(where, file);
  const { tensors: all, metadata } = loadSafetensors(file);
  if (metadata.format !== format) {
    throw new FormatError(
      `${where}: this is no checkpoint.\n  Of a file of weights use loadSafetensors.`,
    );
  }
  if (metadata.version !== version) {
    throw new FormatError(
      `${where}: the version is '${metadata.version?.slice(0, 20)}', known is '${version}'.\n  Read it with the release that wrote it.`,
    );
  }
  const text = new TextEncoder().encode(metadata.checksum);
  const isInPlace = text.length === 64 && text.every((byte, i) => file[checksumAt + i] === byte);
  const blank = Uint8Array.from(file);
  blank.fill(0x30, checksumAt, checksumAt + 64);
  if (!isInPlace || (await digest(blank)) !== metadata.checksum) {
    throw new FormatError(
      `${where}: the checksum is wrong.\n  The file is damaged; use an older one.`,
    );
  }
  const tensors: [string, Tensor][] = [];
  const inState: [string, Tensor][] = [];
  for (const [name, x] of Object.entries(all)) {
    if (name.startsWith('tensors.')) tensors.push([name.slice('tensors.'.length), x]);
    else inState.push([name, x]);
  }
  const state = decodeData(where, {
    text: metadata.state ?? '',
    tensors: Object.fromEntries(inState),
  });
  return { tensors: Object.fromEntries(tensors), state: state as State };
}

/** The SHA-256 in hexadecimal. */
async function digest(bytes: Uint8Array): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Error(
      'checkpoint: this page has no crypto.subtle.\n  Serve it over https, or from localhost.',
    );
  }
  const hash = await globalThis.crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
