import type { DType } from '@tikhonov/core';
import type { sumWindowsP } from '@tikhonov/core/engine';
import { bytesOf } from '../../../kernels/map/elements.ts';
import { type Layout, sizeOf } from '../../../layout/layout.ts';
import type { LoopSpec } from '../../rule.ts';
import { sumLanes } from './sums.ts';
import { axesOf } from './walk.ts';

/** The attributes of `sumWindows`. */
export type WindowsAttrs = Parameters<(typeof sumWindowsP)['infer']>[1];

/** A windowed axis: windows `i` and their elements `k` meet in the result at `i * stride + k * dilation`. */
export interface WindowAxis {
  /** Of the result. */
  readonly extent: number;
  /** Windows. */
  readonly count: number;
  /** Elements of a window. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Bytes in the input from window to window, and from element to element. */
  readonly byWindow: number;
  readonly byElement: number;
}

/** Overlapping windows to be added up. */
export interface Windows {
  readonly dtype: DType;
  readonly bytes: 4 | 8;
  /** The axes before the windows'. */
  readonly lead: Layout;
  readonly axes: readonly WindowAxis[];
  /** Whether the eager kernel goes through windows first and through their elements inside. */
  readonly windowsFirst: boolean;
  /** Nothing is added up. */
  readonly empty: boolean;
}

/** What is to be added up. */
export function windowsOf({ inputs: [y], attrs }: LoopSpec<WindowsAttrs>): Windows {
  const { extent, stride, dilation } = attrs;
  const { dtype, layout } = y!;
  const { shape, strides } = layout;
  const bytes = bytesOf(dtype);
  const n = extent.length;
  const lead = shape.length - 2 * n;
  const axes = extent.map((own, k): WindowAxis => {
    const [count, size] = [shape[lead + k]!, shape[lead + n + k]!];
    return {
      extent: own,
      count,
      size,
      // The distance from a single one to the next says nothing.
      stride: count === 1 ? 1 : stride[k]!,
      dilation: size === 1 ? 1 : dilation[k]!,
      byWindow: count === 1 ? 0 : strides[lead + k]! * bytes,
      byElement: size === 1 ? 0 : strides[lead + n + k]! * bytes,
    };
  });
  const leading = Array.from({ length: lead }, (_, k) => k);
  return {
    dtype,
    bytes,
    lead: axesOf(layout, leading),
    axes,
    windowsFirst: sizeOf(shape.slice(lead, lead + n)) < sizeOf(shape.slice(lead + n)),
    empty: shape.includes(0),
  };
}

/** Beyond so many elements or phases a row is not written out. */
const limit = 32;

/**
 * Whether every result can be added up by itself, from the elements that meet there, in the eager order:
 * for windows first that is elements backwards, unless all elements of a window meet.
 */
export function gathers({ axes, windowsFirst }: Windows): boolean {
  const last = axes.at(-1);
  if (last === undefined || last.size > limit || last.stride > limit) return false;
  if (axes.some(({ stride }) => stride === 0)) return false;
  const still = axes.filter(({ dilation }) => dilation === 0).length;
  return !windowsFirst || still === 0 || axes.every((a) => a.dilation === 0 || a.size === 1);
}

/** Whether elements of a window are added up from the last one to the first. */
export const backwards = ({ axes, windowsFirst }: Windows): boolean =>
  windowsFirst && axes.some(({ dilation, size }) => dilation > 0 && size > 1);

/** Elements of windows that meet results side by side: result `j` of a phase meets window `j - back`. */
export interface Tap {
  readonly element: number;
  readonly back: number;
}

/** Results of one remainder modulo the axis' stride. */
export interface Phase {
  readonly remainder: number;
  /** How many results there are. */
  readonly results: number;
  readonly taps: readonly Tap[];
}

/** The phases of a row, with elements in the order in which they are added. */
export function phasesOf(axis: WindowAxis, reverse: boolean): Phase[] {
  const { extent, size, stride, dilation } = axis;
  return Array.from({ length: stride }, (_, remainder) => {
    const taps: Tap[] = [];
    for (let element = 0; element < size; element++) {
      const distance = element * dilation - remainder;
      if (distance % stride === 0) taps.push({ element, back: distance / stride });
    }
    if (reverse) taps.reverse();
    const results = Math.max(0, Math.ceil((extent - remainder) / stride));
    return { remainder, results, taps };
  });
}

/** A vector of results of a phase, from its `first` on. */
export interface Cell {
  readonly phase: Phase;
  readonly first: number;
  /** How many of its lanes are results. */
  readonly lanes: number;
}

/** Results whose sums are made at a time. */
export type Block = readonly Cell[];

/** A row as blocks in order; `repeat` of them are the same but for their place, `step` results further on. */
export interface Turns {
  readonly block: Block;
  readonly repeat: number;
  readonly step: number;
}

/** Sums that a block has at most: as many as there are registers for. */
const registers = 8;
/** Additions in a row up to which all blocks are written out. */
const unrolled = 128;

/** The blocks of a row. */
export function turnsOf(axis: WindowAxis, phases: readonly Phase[], dtype: DType): Turns[] {
  const width = sumLanes(dtype);
  const { count } = axis;
  const most = Math.max(...phases.map(({ results }) => results));
  const perPhase = Math.max(1, Math.floor(registers / phases.length));
  const step = perPhase * width;
  const blocksAt = (first: number): Block[] => {
    const cells: Cell[] = phases.flatMap((phase) =>
      Array.from({ length: perPhase }, (_, v): Cell => {
        const at = first + v * width;
        return { phase, first: at, lanes: Math.max(0, Math.min(width, phase.results - at)) };
      }).filter(({ lanes }) => lanes > 0),
    );
    const blocks: Block[] = [];
    for (let k = 0; k < cells.length; k += registers) blocks.push(cells.slice(k, k + registers));
    return blocks;
  };
  const backs = phases.flatMap(({ taps }) => taps.map(({ back }) => back));
  // Between these all elements of a window meet results.
  const low = Math.ceil(Math.max(0, ...backs) / step) * step;
  const inside = Math.min(Math.min(...backs, 0) + count, ...phases.map(({ results }) => results));
  const repeat = Math.floor((inside - low) / step);
  const additions = (most / width) * phases.reduce((n, { taps }) => n + taps.length, 0);
  const loops = additions > unrolled && repeat > 1;
  const turns: Turns[] = [];
  for (let first = 0; first < most; first += step) {
    const looping = loops && first === low;
    for (const block of blocksAt(first)) {
      turns.push({ block, repeat: looping ? repeat : 1, step });
    }
    if (looping) first += (repeat - 1) * step;
  }
  return turns;
}
