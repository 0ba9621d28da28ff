import type { Cell } from '@tikhonov/core';
import type { Residence, View } from '@tikhonov/core/engine';
import type { CellSlot } from '../codegen/program.ts';
import { dense, sizeOf } from '../layout/layout.ts';
import { readElements, writeView } from './transfer.ts';

/** Whose turn it is: which of their places cells have their values in. */
export interface Turn {
  now: 0 | 1;
}

/** A cell's value as it is in a program's memory. */
export class Resident implements Residence {
  readonly cell: Cell;
  readonly #addresses: CellSlot['addresses'];
  readonly #memory: WebAssembly.Memory;
  readonly #turn: Turn;
  /** The cell's version that memory holds. */
  #version = -1;

  constructor(memory: WebAssembly.Memory, turn: Turn, { cell, addresses }: CellSlot) {
    this.#memory = memory;
    this.#turn = turn;
    this.cell = cell;
    this.#addresses = addresses;
  }

  take(): View {
    const { shape, dtype } = this.cell;
    const data = readElements(this.#memory, dtype, this.#address, sizeOf(shape));
    return { data, shape, dtype, stride: dense(shape).strides, offset: 0 };
  }

  /** Brings memory up to date with the cell. */
  pull(): void {
    if (this.#version === this.cell.version) return;
    writeView(this.#memory, this.#address, this.cell.peek().view);
    this.#version = this.cell.version;
  }

  /** Says that memory holds the cell's value from now on. */
  push(): void {
    this.cell.reside(this);
    this.#version = this.cell.version;
  }

  get #address(): number {
    return this.#addresses[this.#turn.now];
  }
}
