import { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';
import { bytesOf, loadRun, type Run, storeRun } from '../map/elements.ts';
import { Expression } from './expression.ts';
import { type Levels, levelsOf } from './levels.ts';
import { inOrder, type Loops, loopsOf, type Mover, move, outerLoops, repeat } from './loops.ts';
import { Accumulator, localsOf } from './reductions.ts';
import type { FusedSpec } from './spec.ts';

/** Local vectors that the sums of several vectors of columns may take. */
const sumLocals = 8;
/** Instructions' worth of nodes that are written for several vectors: in the loop, and around it. */
const bodyNodes = 96;
const rowNodes = 400;

/**
 * Writes a kernel whose vectors run along a kept axis: every lane is a reduction of its own, and what is
 * computed from the results has lanes likewise. As many vectors of columns as there are registers for
 * go through the reduced axes together: neighbours in memory are then read one after the other.
 */
export function emitColumns(code: Code, spec: FusedSpec): void {
  new Columns(code, spec).emit();
}

/** Neighbouring columns: as many vectors as there are counts of lanes. */
type Block = readonly number[];

class Columns {
  readonly #code: Code;
  readonly #spec: FusedSpec;
  readonly #levels: Levels;
  /** The loops over columns, and where they take the operands: inputs, then results. */
  readonly #kept: Loops;
  readonly #over: readonly number[];

  constructor(code: Code, spec: FusedSpec) {
    this.#code = code;
    this.#spec = spec;
    this.#levels = levelsOf(spec);
    const { axes, reduced } = spec;
    const pick = (over: boolean): number[] =>
      axes.flatMap((_, k) => (reduced[k] === over ? [k] : []));
    this.#over = pick(true);
    const { inputs, outputs } = this.#walks;
    const strides = [...inputs, ...outputs];
    this.#kept = loopsOf(axes, inOrder(axes, pick(false), inputs, outputs), strides);
  }

  emit(): void {
    const { width } = this.#spec;
    const { sizes } = this.#kept;
    const movers = this.#movers((operand) => this.#kept.strides[operand]!);
    const n = sizes.at(-1)!;
    const whole = Math.floor(n / width);
    const rest = n % width === 0 ? [] : [n % width];
    const together = this.#together;
    const advance = (count: number): void => {
      for (const { pointer, dtype, strides } of movers) {
        move(this.#code, pointer, strides.at(-1)! * count * bytesOf(dtype));
      }
    };
    const block = (counts: Block): void => {
      if (counts.length === 0) return;
      this.#block(counts);
      advance(counts.reduce((a, b) => a + b, 0));
    };
    // What is left goes with the last whole vectors.
    const turns = Math.floor(whole / together);
    const last = new Array<number>(whole - turns * together).fill(width);
    outerLoops(this.#code, sizes, movers, true, () => {
      repeat(this.#code, turns, () => block(new Array<number>(together).fill(width)));
      if (together > 1) block([...last, ...rest]);
      else block(rest);
    });
  }

  get #walks(): Record<'inputs' | 'outputs', readonly (readonly number[])[]> {
    const stridesOf = ({ strides }: { readonly strides: readonly number[] }): readonly number[] =>
      strides;
    return {
      inputs: this.#spec.inputs.map(stridesOf),
      outputs: this.#spec.outputs.map(stridesOf),
    };
  }

  #movers(stridesOf: (operand: number) => readonly number[]): Mover[] {
    return [...this.#spec.inputs, ...this.#spec.outputs].map(
      ({ dtype }, pointer): Mover => ({ pointer, dtype, strides: stridesOf(pointer) }),
    );
  }

  /** How many vectors of columns go together. */
  get #together(): number {
    const { nodes, width } = this.#spec;
    // What is ahead of an address must be an immediate, and so not negative.
    if (this.#kept.strides.some((own) => own.at(-1)! < 0)) return 1;
    let locals = 0;
    let [body, row] = [1, 1];
    for (const [index, node] of nodes.entries()) {
      if (node.kind === 'reduce') locals += localsOf(node, width);
      else if (node.kind === 'map') {
        const size = node.dear ? 24 : 1;
        if (this.#levels.level[index] === 'element') body += size;
        else row += size;
      }
    }
    const fitting = Math.min(sumLocals / locals, bodyNodes / body, rowNodes / row);
    return fitting >= 4 ? 4 : fitting >= 2 ? 2 : 1;
  }

  /** Some vectors of columns, from the operands' addresses on. */
  #block(counts: Block): void {
    const { nodes } = this.#spec;
    const { level, phase, phases } = this.#levels;
    const into = new Emission(this.#code);
    const rows = counts.map(() => new Map<number, Lanes>());
    const sums = new Map<number, readonly Accumulator[]>();
    const last = Math.max(phases, ...phase);
    for (let pass = 0; pass <= last; pass++) {
      for (const [index, node] of nodes.entries()) {
        if (level[index] === 'element' || phase[index] !== pass) continue;
        if (node.kind === 'constant') continue;
        for (const [vector, known] of rows.entries()) {
          if (node.kind === 'reduce') known.set(index, sums.get(index)![vector]!.apart());
          else known.set(index, into.keep(this.#ofRow(into, counts, vector, known).of(index)));
        }
      }
      if (pass < phases) this.#pass(pass, counts, rows, sums);
    }
    this.#storeRows(into, counts, rows);
    into.done();
  }

  /** What is the same all along the reduced axes. */
  #ofRow(
    into: Emission,
    counts: Block,
    vector: number,
    known: ReadonlyMap<number, Lanes>,
  ): Expression {
    const { nodes, width } = this.#spec;
    const load = (index: number): Lanes | null => {
      const node = nodes[index]!;
      if (node.kind !== 'input') return null;
      return loadRun(into, width, this.#run(node.input, node.input, counts, vector));
    };
    return new Expression(this.#spec, into, load, known);
  }

  /** An operand's elements of one vector of a block, from an address. */
  #run(operand: number, pointer: number, counts: Block, vector: number): Run {
    const { inputs, outputs, width } = this.#spec;
    const { dtype } = [...inputs, ...outputs][operand]!;
    const stride = this.#kept.strides[operand]!.at(-1)!;
    const ahead = vector * width * stride * bytesOf(dtype);
    return { dtype, pointer, stride, count: counts[vector]!, ahead };
  }

  /** One pass through the reduced axes. */
  #pass(
    pass: number,
    counts: Block,
    rows: readonly ReadonlyMap<number, Lanes>[],
    sums: Map<number, readonly Accumulator[]>,
  ): void {
    const { nodes, axes, outputs, inputs, width } = this.#spec;
    const { stored, phase } = this.#levels;
    const code = this.#code;
    const storedHere = outputs.flatMap(({ node }, k) =>
      stored[k] === 'element' && phase[node] === pass ? [k] : [],
    );
    const found = nodes.flatMap((node, index) =>
      node.kind === 'reduce' && phase[node.arg] === pass ? [{ ...node, index }] : [],
    );
    if (storedHere.length === 0 && found.length === 0) return;
    const into = new Emission(code);
    for (const { index, op, dtype, unsigned = false } of found) {
      sums.set(
        index,
        counts.map(() => new Accumulator(into, { op, dtype, unsigned }, width)),
      );
    }
    const walks = this.#walks;
    const over = loopsOf(axes, inOrder(axes, this.#over, walks.inputs, walks.outputs), [
      ...walks.inputs,
      ...walks.outputs,
    ]);
    // The innermost of these loops is one over rows like the others.
    const movers = this.#movers((operand) => [...over.strides[operand]!, 0]).map((mover) => {
      const pointer = code.local('i32');
      code.get(mover.pointer).set(pointer);
      return { ...mover, pointer };
    });
    outerLoops(code, [...over.sizes, 1], movers, false, () => {
      for (const [vector, known] of rows.entries()) {
        const body = new Emission(code);
        const runOf = (operand: number): Run =>
          this.#run(operand, movers[operand]!.pointer, counts, vector);
        const load = (index: number): Lanes | null => {
          const node = nodes[index]!;
          const before = this.#storedBefore(index, pass);
          if (before === undefined && node.kind !== 'input') return null;
          const operand = node.kind === 'input' ? node.input : inputs.length + before!;
          return body.keep(loadRun(body, width, runOf(operand)));
        };
        const expression = new Expression(this.#spec, body, load, known);
        const values = [
          ...storedHere.map((k) => expression.of(outputs[k]!.node)),
          ...found.map(({ arg }) => expression.of(arg)),
        ];
        const scratch = body.take();
        body.putAll(values, (write, at) => {
          const k = storedHere[at];
          if (k !== undefined) {
            storeRun(code, width, runOf(inputs.length + k), write, scratch);
            return;
          }
          write();
          // Lanes beyond the count are never stored.
          sums.get(found[at - storedHere.length]!.index)![vector]!.add(width);
        });
        body.release(scratch);
        body.done();
      }
    });
    into.done();
  }

  /** The result that holds a node which an earlier pass has stored. */
  #storedBefore(node: number, pass: number): number | undefined {
    const { level, phase, stored } = this.#levels;
    if (level[node] !== 'element' || phase[node]! >= pass) return undefined;
    const at = this.#spec.outputs.findIndex(
      (output, k) => output.node === node && stored[k] === 'element',
    );
    return at < 0 ? undefined : at;
  }

  /** Stores what there is one of per column. */
  #storeRows(into: Emission, counts: Block, rows: readonly ReadonlyMap<number, Lanes>[]): void {
    const { outputs, inputs, width } = this.#spec;
    for (const [k, { node }] of outputs.entries()) {
      if (this.#levels.stored[k] === 'element') continue;
      for (const [vector, known] of rows.entries()) {
        const scratch = into.take();
        const value = this.#ofRow(into, counts, vector, known).of(node);
        const operand = inputs.length + k;
        const run = this.#run(operand, operand, counts, vector);
        storeRun(this.#code, width, run, () => into.put(value), scratch);
        into.release(scratch);
      }
    }
  }
}
