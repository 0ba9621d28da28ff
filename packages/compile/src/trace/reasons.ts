import { type Cell, type DType, TraceError } from '@tikhonov/core';
import type { GradState } from '../graph/graph.ts';
import { type History, historyOf } from './history.ts';
import { argumentAt, isSamePart, type SignaturePart } from './signature.ts';

/** What a program was built for. */
export interface Conditions {
  readonly parts: readonly SignaturePart[];
  /** Whether derivatives of parameters are recorded: not so under `noGrad`. */
  readonly recording: boolean;
  readonly grads: readonly GradState[];
  /** The cells that it reads and writes, as they were. */
  readonly cells: readonly { readonly cell: Cell; readonly dtype: DType }[];
  /** What derivatives saw of the cells that it reads, if they are recorded. */
  readonly histories: ReadonlyMap<Cell, History>;
}

/** A place in which a call is not what a program was built for. */
interface Reason {
  readonly place: string;
  readonly before: string;
  readonly now: string;
  /** What to do about it. */
  readonly advice: string;
}

/** A call that has no program. */
export interface Wanted {
  readonly parts: readonly SignaturePart[];
  readonly recording: boolean;
}

const asTensor = 'Pass what changes from call to call as a tensor';
const asOne = 'Make it once, outside of the call, and pass the same one';
const padded = 'Bring batches to one size (drop or pad the last one)';
const elsewhere = 'Compile another function for that';

/** All places in which they differ. */
function reasonsOf(known: Conditions, wanted: Wanted): readonly Reason[] {
  const before = new Map(known.parts.map((part) => [part.path, part]));
  const now = new Map(wanted.parts.map((part) => [part.path, part]));
  const reasons: Reason[] = [];
  for (const path of new Set([...now.keys(), ...before.keys()])) {
    const [old, part] = [before.get(path), now.get(path)];
    if (old !== undefined && part !== undefined && isSamePart(old, part)) continue;
    reasons.push({
      place: argumentAt(path),
      before: old?.shown ?? 'nothing',
      now: part?.shown ?? 'nothing',
      advice: adviceFor(part ?? old!),
    });
  }
  for (const { cell, dtype } of known.cells) {
    if (cell.dtype === dtype) continue;
    reasons.push({ place: cellName(cell), before: dtype, now: cell.dtype, advice: elsewhere });
  }
  for (const [cell, before] of wanted.recording ? known.histories : []) {
    const history = historyOf(cell);
    if (history === before) continue;
    const [old, present] = [before, history].map((one) =>
      one === 'own' ? 'a parameter there' : 'constant there (by withValues)',
    );
    reasons.push({ place: cellName(cell), before: old!, now: present!, advice: elsewhere });
  }
  for (const { parameter, before: had } of known.grads) {
    if (parameter.hasGrad === had) continue;
    const [none, some] = ['null', 'a tensor'];
    const place = `the gradient of ${cellName(parameter)}`;
    reasons.push({
      place,
      before: had ? some : none,
      now: had ? none : some,
      advice: 'Call zeroGrad() at the same place of every step',
    });
  }
  if (known.recording !== wanted.recording) {
    const show = (recording: boolean): string => (recording ? 'absent' : 'around the call');
    reasons.push({
      place: 'noGrad',
      before: show(known.recording),
      now: show(wanted.recording),
      advice: elsewhere,
    });
  }
  return reasons;
}

/**
 * The error of a call that would need one program too many. It names the first place in which the call
 * differs from the programs that are nearest to it, and what was there in them.
 */
export function tooManyPrograms(
  name: string,
  programs: readonly Conditions[],
  wanted: Wanted,
): TraceError {
  const all = programs.map((known) => reasonsOf(known, wanted));
  const nearest = all.reduce((a, b) => (b.length <= a.length ? b : a));
  const { place, now, advice } = nearest[0]!;
  const near = all.filter(({ length }) => length === nearest.length);
  const seen = near.flatMap((reasons) => reasons.filter((reason) => reason.place === place));
  const values = [...new Set(seen.map(({ before }) => before))];
  const shown = values.length > 6 ? ['...', ...values.slice(-5)] : values;
  const change = shown.includes(now)
    ? `which is another ${now.replace(/^an? /, '')} than before`
    : shown.length === 1
      ? `which was ${shown[0]} and is ${now}`
      : `which was ${shown.join(', then ')}, and is ${now}`;
  const count = programs.length === 1 ? '1 program has' : `${programs.length} programs have`;
  return new TraceError(
    `compile${name === '' ? '' : ` (${name})`}: ${count} been built; another one is needed because of ${place}, ${change}.\n` +
      `  ${advice}, or raise maxTraces.`,
  );
}

function adviceFor({ kind, key }: SignaturePart): string {
  if (kind === 'tensor') return padded;
  return (typeof key === 'object' && key !== null) || typeof key === 'function' ? asOne : asTensor;
}

const cellName = ({ name }: Cell): string => (name === '' ? 'a cell' : `the cell "${name}"`);
