import type { Cell, DType } from '@tikhonov/core';
import { regionsOf, type View } from '@tikhonov/core/engine';
import type { Equation, Graph, Value } from '../graph/graph.ts';
import type { Profile } from '../kernels/gemm/index.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { Block } from './block.ts';
import { align, bytesIn } from './memory.ts';
import type { Call, Context, Slot } from './step.ts';
import { isHosted } from './units.ts';

/**
 * A cell's places. The value that a call writes goes where the one before it is not, so that a call that
 * fails has changed nothing; calls take turns.
 */
export interface CellSlot {
  readonly cell: Cell;
  readonly dtype: DType;
  readonly addresses: readonly [number, number];
}

/** A program before it is instantiated. It exports a function for each turn: `run0`, `run1`. */
export interface ProgramCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pages: number;
  readonly inputs: readonly Slot[];
  readonly reads: readonly CellSlot[];
  readonly writes: readonly CellSlot[];
  readonly constants: readonly { readonly view: View; readonly address: number }[];
  readonly results: readonly Slot[];
  /** What JavaScript runs. A function that returns n > 0 has failed at call n - 1. */
  readonly calls: readonly Call[];
  /** One line per kernel. */
  readonly kernels: readonly string[];
}

/** How a program is written. */
export interface ProgramOptions {
  readonly profile: Profile;
  readonly lowerings: Lowerings;
  /** Whether the imported `env.mark` is told of every kernel that has ended. */
  readonly marks: boolean;
}

/** Compiles an optimised graph. */
export function programOf(graph: Graph, options: ProgramOptions): ProgramCode {
  const { profile, lowerings } = options;
  const writer = new ModuleWriter(0);
  const hosts = graph.equations.some((equation) => callsHost(lowerings, equation));
  const context: Context = {
    writer,
    profile,
    lowerings,
    constants: new Map(),
    kernels: [],
    host: hosts ? writer.importFunction('env', 'host', ['i32'], []) : null,
    mark: options.marks ? writer.importFunction('env', 'mark', ['i32'], []) : null,
    part: (region) => new Block(context, region, region.results),
  };
  const whole = { ...graph, inputs: [...graph.inputs, ...graph.reads.map(({ value }) => value)] };
  const written = graph.writes.map(({ value }) => value);
  const block = new Block(context, whole, [...graph.results, ...written]);

  // Address 0 stays unused, so that no address is 0.
  let end = align(64);
  const room = (bytes: number): number => {
    const at = end;
    end += align(Math.max(1, bytes));
    return at;
  };
  const slotOf = (value: Value): Slot => ({ value, address: room(bytesIn(value)) });
  const inputs = graph.inputs.map(slotOf);
  const isWritten = new Set(graph.writes.map(({ cell }) => cell));
  const cells = new Map<Cell, CellSlot>();
  const cellOf = ({ cell, value }: { readonly cell: Cell; readonly value: Value }): CellSlot => {
    const known = cells.get(cell);
    if (known !== undefined) return known;
    const first = room(bytesIn(value));
    const second = isWritten.has(cell) ? room(bytesIn(value)) : first;
    const slot: CellSlot = { cell, dtype: value.dtype, addresses: [first, second] };
    cells.set(cell, slot);
    return slot;
  };
  const reads = graph.reads.map(cellOf);
  const writes = graph.writes.map(cellOf);
  const results = graph.results.map(slotOf);
  const constants = [...context.constants].map(([value, view]) => ({
    value,
    view,
    address: room(bytesIn(view)),
  }));
  const constantAt = new Map(constants.map(({ value, address }) => [value, address]));
  const base = end;

  const calls: Call[] = [];
  const addressOf = ({ address }: Slot): number => address;
  for (const turn of writes.length === 0 ? ([0] as const) : ([0, 1] as const)) {
    const given = [...inputs.map(addressOf), ...reads.map(({ addresses }) => addresses[turn])];
    const made = [
      ...results.map(addressOf),
      ...writes.map(({ addresses }) => addresses[turn === 0 ? 1 : 0]),
    ];
    const body = (code: Parameters<Parameters<ModuleWriter['function']>[2]>[0]): void => {
      block.emit({ code, calls }, base, given, made, (value) => constantAt.get(value)!);
      code.i32(0);
    };
    writer.function([], ['i32'], body, `run${turn}`);
  }
  const pages = Math.ceil((base + block.bytes) / 65536) + 1;
  return {
    bytes: writer.encode(pages),
    pages,
    inputs,
    reads,
    writes,
    constants,
    results,
    calls,
    kernels: context.kernels,
  };
}

/** Whether an equation, or one within its regions, is run by its eager kernel. */
function callsHost(lowerings: Lowerings, equation: Equation): boolean {
  return (
    isHosted(lowerings, equation) ||
    Object.values(regionsOf(equation)).some(({ equations }) =>
      equations.some((inner) => callsHost(lowerings, inner)),
    )
  );
}
