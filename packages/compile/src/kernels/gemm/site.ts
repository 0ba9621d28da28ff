import { after, type Frame, type Index } from './frame.ts';
import { type Lanes, loadLanes, storeLanes } from './lanes.ts';
import { type Lane, type Place, parameter, type Strides } from './spec.ts';

const flipped = ({ row, column }: Strides): Strides => ({ row: column, column: row });

/** A vector's place in the result; all places of one tile share the addresses they compute. */
export class Site implements Place {
  readonly lanes: number;
  readonly #frame: Frame;
  readonly #row: Index;
  readonly #column: Index;
  readonly #known: Set<string>;

  constructor(
    frame: Frame,
    row: Index,
    column: Index,
    lanes: number,
    known: Set<string> = new Set(),
  ) {
    this.lanes = lanes;
    this.#frame = frame;
    this.#row = row;
    this.#column = column;
    this.#known = known;
  }

  /** The place so many rows and columns further. */
  at(rows: number, columns: number, lanes: number = this.lanes): Site {
    const [row, column] = [after(this.#row, rows), after(this.#column, columns)];
    return new Site(this.#frame, row, column, lanes, this.#known);
  }

  load(operand: number, strides: Strides): void {
    const { swapped } = this.#frame.product;
    this.#load(parameter.operands + operand, swapped ? flipped(strides) : strides);
  }

  step(strides: Strides): number {
    return this.#frame.product.swapped ? strides.row : strides.column;
  }

  address(operand: number, strides: Strides, bytesPerElement: number): void {
    const { product } = this.#frame;
    const layout = product.swapped ? flipped(strides) : strides;
    this.#frame.sum(
      parameter.operands + operand,
      [this.#row, layout.row * bytesPerElement],
      [this.#column, layout.column * bytesPerElement],
    );
  }

  lane(operand: number, strides: Strides, bytesPerElement: number): Lane {
    const { product, code } = this.#frame;
    const layout = product.swapped ? flipped(strides) : strides;
    const { pointer, offset, stride } = this.#lanes(
      parameter.operands + operand,
      layout,
      bytesPerElement,
    );
    if (offset >= 0) return { pointer, ahead: offset, stride };
    const low = this.#frame.integer(`low of ${operand}`);
    code.get(pointer).i32(offset).op('i32.add').set(low);
    return { pointer: low, ahead: 0, stride };
  }

  /** Pushes the vector of the bias that belongs here. */
  loadBias(): void {
    const { swapped } = this.#frame.product;
    this.#load(parameter.bias, { row: swapped ? 1 : 0, column: swapped ? 0 : 1 });
  }

  /** Pushes the vector of the result that is here. */
  loadResult(): void {
    this.#load(parameter.c, this.#frame.product.c);
  }

  /** Stores the vector in a local as the result. */
  store(value: number): void {
    storeLanes(this.#frame, this.#lanes(parameter.c, this.#frame.product.c), value);
  }

  #load(base: number, strides: Strides): void {
    loadLanes(this.#frame, this.#lanes(base, strides));
  }

  #lanes(
    base: number,
    { row, column }: Strides,
    size: number = this.#frame.product.format.size,
  ): Lanes {
    const { code } = this.#frame;
    const offset = (this.#row.offset * row + this.#column.offset * column) * size;
    const rowLocal = row === 0 ? undefined : this.#row.local;
    const columnLocal = column === 0 ? undefined : this.#column.local;
    let pointer = base;
    if (rowLocal !== undefined || columnLocal !== undefined) {
      const key = `${base} at ${rowLocal}, ${columnLocal} by ${row * size}, ${column * size}`;
      pointer = this.#frame.integer(key);
      if (!this.#known.has(key)) {
        this.#known.add(key);
        this.#frame.sum(
          base,
          [{ local: rowLocal, offset: 0 }, row * size],
          [{ local: columnLocal, offset: 0 }, column * size],
        );
        code.set(pointer);
      }
    }
    return { pointer, offset, stride: column, lanes: this.lanes };
  }
}
