import { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';
import { bytesOf, loadRun, type Run, storeRun } from '../map/elements.ts';
import { Expression } from './expression.ts';
import { type Levels, levelsOf } from './levels.ts';
import { inOrder, loopsOf, type Mover, outerLoops, vectorLine } from './loops.ts';
import { Accumulator, localsOf } from './reductions.ts';
import type { FusedSpec } from './spec.ts';
import { isTurned, tiled, tileLoops, turnedRows } from './tiles.ts';

/** Instructions' worth of nodes up to which they are written for every row of a tile. */
const tileNodes = 60;
/** No operands of a tile. */
const noneTurned: ReadonlyMap<number, readonly Lanes[]> = new Map();
/** Instructions' worth of nodes in a turn of the innermost loop. */
const turnNodes = 24;
/** Local vectors that its sums may take; some engines load a turn's operands all at once. */
const sumLocals = 6;

/**
 * Writes a kernel whose vectors run along the reduced axes, or, without reductions, along all of them.
 * A row of the domain is passed over once for all that waits for no reduction of its own, and once more
 * for each reduction after which more has to be computed.
 */
export function emitRows(code: Code, spec: FusedSpec): void {
  new Rows(code, spec).emit();
}

class Rows {
  readonly #code: Code;
  readonly #spec: FusedSpec;
  readonly #levels: Levels;
  readonly #kernel: Emission;
  readonly #constants = new Map<number, Lanes>();

  constructor(code: Code, spec: FusedSpec) {
    this.#code = code;
    this.#spec = spec;
    this.#levels = levelsOf(spec);
    this.#kernel = new Emission(code);
  }

  emit(): void {
    const { nodes, axes, reduced } = this.#spec;
    const walks = this.#walks();
    this.#keepKernelNodes();
    const reduces = nodes.some(({ kind }) => kind === 'reduce');
    const kept = axes.flatMap((_, k) => (reduces && !reduced[k] ? [k] : []));
    const rows = loopsOf(
      axes,
      kept,
      walks.map(({ strides }) => strides),
    );
    const movers = walks.map(({ dtype }, i): Mover => {
      return { pointer: i, dtype, strides: rows.strides[i]! };
    });
    if (!reduces) {
      this.#pass(0, new Map(), new Map());
      this.#storeOnce('kernel', new Map());
      return;
    }
    // The innermost of these loops is a loop over rows like the others.
    const sizes = [...rows.sizes, 1];
    const padded = movers.map((mover) => ({ ...mover, strides: [...mover.strides, 0] }));
    outerLoops(this.#code, sizes, padded, false, () => this.#row());
    this.#storeOnce('kernel', new Map());
  }

  /** All operands, inputs first: their positions are the function's parameters. */
  #walks(): FusedSpec['inputs'] {
    return [...this.#spec.inputs, ...this.#spec.outputs];
  }

  #keepKernelNodes(): void {
    const load = (node: number): Lanes | null => this.#loadOnce(this.#kernel, node);
    const { level } = this.#levels;
    for (const [index, node] of this.#spec.nodes.entries()) {
      if (level[index] !== 'kernel' || node.kind === 'constant') continue;
      const expression = new Expression(this.#spec, this.#kernel, load, this.#constants);
      this.#constants.set(index, this.#kernel.keep(expression.of(index)));
    }
  }

  /** An input that is the same all along a row. */
  #loadOnce(into: Emission, index: number): Lanes | null {
    const node = this.#spec.nodes[index]!;
    if (node.kind !== 'input') return null;
    const { width } = this.#spec;
    const run = { dtype: node.dtype, pointer: node.input, stride: 0, count: width };
    return loadRun(into, width, run);
  }

  #row(): void {
    const { nodes } = this.#spec;
    const { level, phase, phases } = this.#levels;
    const into = new Emission(this.#code);
    const rows = new Map<number, Lanes>(this.#constants);
    const sums = new Map<number, Accumulator>();
    const last = Math.max(phases, ...phase);
    for (let pass = 0; pass <= last; pass++) {
      for (const [index, node] of nodes.entries()) {
        if (level[index] !== 'row' || phase[index] !== pass) continue;
        const done = sums.get(index);
        if (node.kind === 'reduce') {
          rows.set(index, done!.across());
          continue;
        }
        const load = (at: number): Lanes | null => this.#loadOnce(into, at);
        rows.set(index, into.keep(new Expression(this.#spec, into, load, rows).of(index)));
      }
      if (pass < phases) this.#pass(pass, rows, sums);
    }
    this.#storeOnce('row', rows);
    into.done();
  }

  /** Stores results that there are one of per row, or one of per kernel. */
  #storeOnce(which: 'row' | 'kernel', rows: ReadonlyMap<number, Lanes>): void {
    const { outputs, inputs, width } = this.#spec;
    const into = new Emission(this.#code);
    for (const [k, { node, dtype }] of outputs.entries()) {
      if (this.#levels.stored[k] !== which) continue;
      const value = (which === 'row' ? rows : this.#constants).get(node) ?? this.#computed(node);
      const scratch = into.take();
      const run = { dtype, pointer: inputs.length + k, stride: 1, count: 1 };
      storeRun(this.#code, width, run, () => into.put(value), scratch);
      into.release(scratch);
    }
    into.done();
  }

  #computed(node: number): Lanes {
    return new Expression(this.#spec, this.#kernel, () => null, this.#constants).of(node);
  }

  /** One pass over a row. */
  #pass(pass: number, rows: ReadonlyMap<number, Lanes>, sums: Map<number, Accumulator>): void {
    const { nodes, axes, reduced, outputs, inputs, width } = this.#spec;
    const { phase } = this.#levels;
    const code = this.#code;
    const reduces = nodes.some(({ kind }) => kind === 'reduce');
    const stored = outputs.flatMap(({ node }, k) =>
      this.#levels.stored[k] === 'element' && phase[node] === pass ? [k] : [],
    );
    const found = nodes.flatMap((node, index) =>
      node.kind === 'reduce' && phase[node.arg] === pass ? [{ ...node, index }] : [],
    );
    if (stored.length === 0 && found.length === 0) return;
    const known = new Map([...this.#constants, ...rows]);
    const { used, size } = this.#usedIn(
      pass,
      [...stored.map((k) => outputs[k]!.node), ...found.map(({ arg }) => arg)],
      known,
    );
    const walks = this.#walks();
    const operands = [...new Set([...used, ...stored.map((k) => inputs.length + k)])];
    const chosen = axes.flatMap((_, k) => (!reduces || reduced[k] ? [k] : []));
    const [reads, writes] = [used, stored.map((k) => inputs.length + k)].map((list) =>
      list.map((i) => walks[i]!.strides),
    );
    const plain = loopsOf(
      axes,
      inOrder(axes, chosen, reads!, writes!),
      operands.map((i) => walks[i]!.strides),
    );
    const inTiles =
      size > tileNodes
        ? null
        : tiled(
            plain,
            used.map((i) => walks[i]!),
            width,
          );
    const loops = inTiles ?? plain;
    const movers = operands.map((i, at): Mover => {
      const pointer = reduces ? code.local('i32') : i;
      if (reduces) code.get(i).set(pointer);
      return { pointer, dtype: walks[i]!.dtype, strides: loops.strides[at]! };
    });
    const steady =
      inTiles === null &&
      movers.every(({ strides }) => strides.at(-1) === 0 || strides.at(-1) === 1);
    const locals = found.reduce((n, kind) => n + localsOf(kind, width), 0);
    const fitting = Math.min(turnNodes / Math.max(2, size), sumLocals / locals);
    // Two at least, however long: a pair is what engines widen.
    const unroll = !steady || 2 * locals > sumLocals ? 1 : fitting < 4 ? 2 : 4;
    const into = new Emission(code);
    const partial = found.map(({ op, dtype, unsigned = false }) =>
      Array.from({ length: unroll }, () => new Accumulator(into, { op, dtype, unsigned }, width)),
    );
    const body = { pass, known, operands, movers, stored, found, partial };
    if (inTiles === null) {
      outerLoops(code, loops.sizes, movers, true, () => {
        vectorLine(code, loops.sizes.at(-1)!, width, unroll, movers, (count, vectors) => {
          this.#body({ ...body, count, vectors, row: 0, turned: noneTurned });
        });
      });
    } else {
      const part = (row: number, count: number): void =>
        this.#body({ ...body, count, vectors: [0], row, turned: noneTurned });
      const tile = (): void => {
        const across = new Emission(code);
        const turned = new Map<number, readonly Lanes[]>();
        for (const [at, operand] of used.entries()) {
          const mover = movers[at]!;
          if (isTurned(mover, width)) turned.set(operand, turnedRows(across, mover, width));
        }
        for (let row = 0; row < width; row++) {
          this.#body({ ...body, count: width, vectors: [0], row, turned });
        }
        across.done();
      };
      // The innermost of these loops is one over bands of tiles.
      const outer = movers.map((mover) => ({
        ...mover,
        strides: [...mover.strides.slice(0, -2), 0],
      }));
      outerLoops(code, [...loops.sizes.slice(0, -2), 1], outer, false, () => {
        tileLoops(code, loops.sizes, width, movers, { tile, part });
      });
    }
    for (const [k, { index }] of found.entries()) {
      const [first, ...others] = partial[k]!;
      for (const other of others) first!.merge(other);
      sums.set(index, first!);
    }
    into.done();
  }

  /** The operands that are read in a pass, and how many nodes are computed in it. */
  #usedIn(
    pass: number,
    roots: readonly number[],
    known: ReadonlyMap<number, Lanes>,
  ): { readonly used: readonly number[]; readonly size: number } {
    const { nodes, inputs } = this.#spec;
    const used = new Set<number>();
    const seen = new Set<number>();
    let size = 0;
    const visit = (index: number): void => {
      if (seen.has(index) || known.has(index)) return;
      seen.add(index);
      const node = nodes[index]!;
      const at = this.#storedBefore(index, pass);
      if (at !== undefined) used.add(inputs.length + at);
      else if (node.kind === 'input') used.add(node.input);
      else if (node.kind === 'map') {
        size += node.dear ? 12 : 1;
        for (const arg of node.args) visit(arg);
      }
    };
    for (const root of roots) visit(root);
    return { used: [...used], size: size + roots.length };
  }

  /** The result that holds a node which an earlier pass has stored. */
  #storedBefore(node: number, pass: number): number | undefined {
    if (this.#levels.level[node] !== 'element' || this.#levels.phase[node]! >= pass) return;
    const at = this.#spec.outputs.findIndex((output) => output.node === node);
    return at < 0 ? undefined : at;
  }

  #body(at: {
    readonly pass: number;
    readonly count: number;
    readonly vectors: readonly number[];
    /** Which row of a tile it is. */
    readonly row: number;
    /** Operands of a tile that are loaded already: by row. */
    readonly turned: ReadonlyMap<number, readonly Lanes[]>;
    readonly known: ReadonlyMap<number, Lanes>;
    readonly operands: readonly number[];
    readonly movers: readonly Mover[];
    readonly stored: readonly number[];
    readonly found: readonly { readonly arg: number }[];
    readonly partial: readonly (readonly Accumulator[])[];
  }): void {
    const { nodes, outputs, inputs, width } = this.#spec;
    const { stored, found, vectors } = at;
    const into = new Emission(this.#code);
    const runOf = (operand: number, vector: number): Run => {
      const { pointer, dtype, strides } = at.movers[at.operands.indexOf(operand)]!;
      const stride = strides.at(-1)!;
      const ahead = (vector * width * stride + at.row * (strides.at(-2) ?? 0)) * bytesOf(dtype);
      return { dtype, pointer, stride, count: at.count, ahead };
    };
    const roots = [...stored.map((k) => outputs[k]!.node), ...found.map(({ arg }) => arg)];
    // All is loaded before anything is stored, and the vectors store each result in turn.
    const each = vectors.map((vector) => {
      const load = (index: number): Lanes | null => {
        const node = nodes[index]!;
        const before = this.#storedBefore(index, at.pass);
        const input = node.kind === 'input' ? node.input : undefined;
        const operand = before === undefined ? input : inputs.length + before;
        if (operand === undefined) return null;
        const turned = at.turned.get(operand)?.[at.row];
        return turned ?? into.keep(loadRun(into, width, runOf(operand, vector)));
      };
      const expression = new Expression(this.#spec, into, load, at.known);
      return roots.map((root) => expression.of(root));
    });
    const scratch = into.take();
    const values = roots.flatMap((_, k) => each.map((own) => own[k]!));
    into.putAll(values, (write, i) => {
      const k = Math.floor(i / vectors.length);
      const vector = vectors[i % vectors.length]!;
      if (k < stored.length) {
        storeRun(this.#code, width, runOf(inputs.length + stored[k]!, vector), write, scratch);
        return;
      }
      write();
      at.partial[k - stored.length]![vector]!.add(at.count);
    });
    into.release(scratch);
    into.done();
  }
}
