import { fc } from '@tikhonov/check';
import type { DType } from '@tikhonov/core';
import type { FusedSpec, Node, Reduction, Target, Walk } from '../../src/kernels/fused/index.ts';
import type { Width } from '../../src/kernels/map/elements.ts';
import type { Lanes } from '../../src/math/lanes.ts';

/** What a map does, in lanes and in plain numbers. */
export interface Operation {
  readonly emit: (args: readonly Lanes[], width: Width) => Lanes;
  readonly plain: (...args: number[]) => number;
}

/** A random kernel, its inputs' storages, and what its maps do. */
export interface RandomKernel {
  readonly spec: FusedSpec;
  readonly storages: readonly (readonly number[])[];
  readonly operations: ReadonlyMap<number, Operation>;
  /** Whether sums are exact in any order. */
  readonly exact: boolean;
}

/** As lanes choose, where `Math.min` and `Math.max` treat NaN and zeros otherwise. */
const least = (x: number, y: number): number => [x, y][Number(y < x)]!;
const most = (x: number, y: number): number => [x, y][Number(x < y)]!;

/** Operations of two numbers that give one of the same dtype. */
const binaries: Readonly<Record<'float' | 'whole' | 'bool', readonly Operation[]>> = {
  float: [
    { emit: ([x, y]) => x!.add(y!), plain: (x, y) => x! + y! },
    { emit: ([x, y]) => x!.sub(y!), plain: (x, y) => x! - y! },
    { emit: ([x, y]) => x!.most(y!), plain: (x, y) => least(x!, y!) },
    {
      // Bounded, so that nothing overflows however often it is multiplied.
      emit: ([x, y]) => x!.most(64).least(-64).mul(y!.most(64).least(-64)),
      plain: (x, y) => most(least(x!, 64), -64) * most(least(y!, 64), -64),
    },
  ],
  whole: [
    { emit: ([x, y], width) => (width === 4 ? x!.plus(y!) : x!.add(y!)), plain: (x, y) => x! + y! },
    {
      emit: ([x, y], width) => (width === 4 ? x!.plus(y!).plus(y!) : x!.add(y!).add(y!)),
      plain: (x, y) => x! + 2 * y!,
    },
  ],
  bool: [
    { emit: ([x, y]) => x!.and(y!), plain: (x, y) => x! & y! },
    { emit: ([x, y]) => x!.xor(y!), plain: (x, y) => x! ^ y! },
  ],
};

const below: Operation = { emit: ([x, y]) => x!.lt(y!), plain: (x, y) => (x! < y! ? -1 : 0) };
const choose: Operation = {
  emit: ([c, x, y]) => c!.choose(x!, y!),
  plain: (c, x, y) => (c === 0 ? y! : x!),
};

const absolute: Operation = { emit: ([x]) => x!.abs(), plain: (x) => Math.abs(x!) };

const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
const isWhole = (dtype: DType): boolean => dtype === 'int32' || dtype === 'uint32';

/** What is known of a node while a kernel is made. */
interface Known {
  /** Whether it changes along the reduced axes. */
  readonly everywhere: boolean;
  /** Whether it waits for a reduction. */
  readonly late: boolean;
  /** Whether it changes at all. */
  readonly varies: boolean;
}

/** A kernel made of endless draws: the same draws, the same kernel. */
class Maker {
  readonly #draw: (below: number) => number;
  readonly #axes: readonly number[];
  readonly #reduced: readonly boolean[];
  readonly #width: Width;
  readonly #columns: boolean;
  readonly #exact: boolean;
  readonly #nodes: Node[] = [];
  readonly #known: Known[] = [];
  readonly #inputs: Walk[] = [];
  readonly #storages: number[][] = [];
  readonly #operations = new Map<number, Operation>();

  constructor(draw: (below: number) => number) {
    this.#draw = draw;
    const small = [1, 2, 3, 4, 5, 0];
    const outer = Array.from({ length: draw(4) }, () => small[draw(draw(4) === 0 ? 6 : 5)]!);
    // All remainders, and lines long enough for several vectors to a turn.
    const line = draw(3) === 0 ? draw(71) : draw(10);
    this.#axes = [...outer, outer.reduce((a, b) => a * b, 1) > 40 ? line % 10 : line];
    this.#width = draw(2) === 0 ? 4 : 2;
    const wantsColumns = draw(3) === 0;
    this.#reduced = this.#axes.map((_, k) => {
      if (k === this.#axes.length - 1) return !wantsColumns;
      return draw(2) === 0;
    });
    this.#columns = wantsColumns;
    this.#exact = draw(3) > 0;
  }

  make(): RandomKernel {
    const draw = this.#draw;
    this.#input('float32');
    if (this.#width === 2) this.#input('float64');
    for (let k = draw(4); k > 0; k--) this.#input(this.#dtypes()[draw(this.#dtypes().length)]!);
    if (draw(3) === 0) this.#constant();
    for (let k = 2 + draw(10); k > 0; k--) {
      const what = draw(9);
      if (what < 2) this.#reduce();
      else if (what < 4) this.#choose();
      else this.#binary();
    }
    const reduces = this.#nodes.some(({ kind }) => kind === 'reduce');
    // Without reductions there are no reduced axes either.
    const reduced = reduces ? this.#reduced : this.#axes.map(() => false);
    return {
      spec: {
        axes: this.#axes,
        reduced,
        width: this.#width,
        inputs: this.#inputs,
        outputs: this.#outputs(reduces),
        nodes: this.#nodes,
        columns: reduces && this.#columns,
      },
      storages: this.#storages,
      operations: this.#operations,
      exact: this.#exact,
    };
  }

  #dtypes(): readonly DType[] {
    const common = ['float32', 'int32', 'uint32', 'bool'] as const;
    return this.#width === 2 ? ['float64', ...common] : common;
  }

  #push(node: Node, known: Known, operation?: Operation): void {
    if (operation !== undefined) this.#operations.set(this.#nodes.length, operation);
    this.#nodes.push(node);
    this.#known.push(known);
  }

  #input(dtype: DType): void {
    const draw = this.#draw;
    const steps = [1, 1, 1, 0, -1, 2, 3];
    const strides = this.#dense(this.#axes.map(() => true)).map((s) => s * steps[draw(7)]!);
    const low = strides.reduce(
      (at, s, k) => at + Math.min(0, s * Math.max(0, this.#axes[k]! - 1)),
      0,
    );
    const high = strides.reduce(
      (at, s, k) => at + Math.max(0, s * Math.max(0, this.#axes[k]! - 1)),
      0,
    );
    const offset = draw(3) - low;
    const size = offset + high + 1;
    this.#storages.push(Array.from({ length: size }, () => this.#number(dtype)));
    this.#inputs.push({ dtype, strides, offset });
    const walks = (over: boolean): boolean =>
      strides.some((s, k) => s !== 0 && this.#axes[k] !== 1 && this.#reduced[k] === over);
    this.#push(
      { kind: 'input', dtype, input: this.#inputs.length - 1 },
      { everywhere: walks(true), late: false, varies: walks(true) || walks(false) },
    );
  }

  #constant(): void {
    const dtype = this.#dtypes()[this.#draw(this.#dtypes().length)]!;
    const value = dtype === 'bool' ? this.#draw(2) : this.#number(dtype);
    this.#push(
      { kind: 'constant', dtype, value },
      { everywhere: false, late: false, varies: false },
    );
  }

  #number(dtype: DType): number {
    const draw = this.#draw;
    if (dtype === 'bool') return 0 - draw(2);
    if (isWhole(dtype)) {
      // Two lanes hold integers that maps have to wrap, four lanes do so by themselves.
      const sign = dtype === 'int32' ? 100 : 0;
      if (this.#width === 2 || draw(4) > 0) return draw(200) - sign;
      return dtype === 'int32' ? 2 ** 31 - 1 - draw(9) : 2 ** 32 - 1 - draw(9);
    }
    if (draw(40) === 0) return [NaN, Infinity, -Infinity, -0][this.#exact ? draw(4) : 3]!;
    if (this.#exact) return draw(17) - 8;
    const value = (draw(2 ** 30) / 2 ** 29 - 1) * 10 ** (draw(5) - 3);
    return dtype === 'float32' ? Math.fround(value) : value;
  }

  /** Strides of a dense result over the axes that are asked for, in any order. */
  #dense(over: readonly boolean[]): number[] {
    const axes = over.flatMap((taken, k) => (taken ? [k] : []));
    if (this.#draw(3) === 0) {
      for (let k = axes.length - 1; k > 0; k--) {
        const j = this.#draw(k + 1);
        [axes[k], axes[j]] = [axes[j]!, axes[k]!];
      }
    }
    const strides = over.map(() => 0);
    let step = 1;
    for (const axis of axes.reverse()) {
      strides[axis] = step;
      step *= Math.max(1, this.#axes[axis]!);
    }
    return strides;
  }

  #pick(fits: (dtype: DType) => boolean): number | undefined {
    const found = this.#nodes.flatMap(({ dtype }, k) => (fits(dtype) ? [k] : []));
    // Late ones are more interesting.
    return this.#draw(2) === 0 ? found.at(-1) : found[this.#draw(found.length)];
  }

  #map(dtype: DType, args: readonly number[], operation: Operation): void {
    const known = args.map((arg) => this.#known[arg]!);
    const everywhere = known.some((arg) => arg.everywhere);
    const late = known.some((arg) => arg.late);
    this.#push(
      {
        kind: 'map',
        dtype,
        args,
        dear: this.#draw(4) === 0,
        emit: (lanes, _into, width) => operation.emit(lanes, width),
      },
      { everywhere, late, varies: known.some((arg) => arg.varies) },
      operation,
    );
  }

  #binary(): void {
    const x = this.#pick(() => true)!;
    const { dtype } = this.#nodes[x]!;
    const y = this.#pick((other) => other === dtype)!;
    if (isFloat(dtype) && this.#draw(4) === 0) this.#map('bool', [x, y], below);
    else {
      const all = binaries[dtype === 'bool' ? 'bool' : isFloat(dtype) ? 'float' : 'whole'];
      this.#map(dtype, [x, y], all[this.#draw(all.length)]!);
    }
  }

  #choose(): void {
    const condition = this.#pick((dtype) => dtype === 'bool');
    if (condition === undefined) return;
    const x = this.#pick(() => true)!;
    const y = this.#pick((dtype) => dtype === this.#nodes[x]!.dtype)!;
    this.#map(this.#nodes[x]!.dtype, [condition, x, y], choose);
  }

  #reduce(): void {
    const arg = this.#pick((dtype) => isFloat(dtype) || (this.#width === 4 && isWhole(dtype)));
    if (arg === undefined) return;
    const { dtype } = this.#nodes[arg]!;
    const { varies } = this.#known[arg]!;
    const ops: readonly Reduction[] =
      isFloat(dtype) && !this.#exact ? ['sum', 'max', 'norm'] : ['sum', 'max'];
    const op = ops[this.#draw(ops.length)]!;
    const known = { everywhere: false, late: true, varies };
    const size = this.#draw(3) === 0 && isFloat(dtype) ? this.#nodes.length : -1;
    if (size >= 0) this.#map(dtype, [arg], absolute);
    const unsigned = size >= 0 && dtype === 'float32';
    this.#push({ kind: 'reduce', dtype, arg: size >= 0 ? size : arg, op, unsigned }, known);
  }

  #outputs(reduces: boolean): Target[] {
    const outputs: Target[] = [];
    const isEmpty = this.#axes.includes(0);
    for (const [node, { kind, dtype }] of this.#nodes.entries()) {
      const { everywhere, late, varies } = this.#known[node]!;
      // Sums that rounding makes depend on their order are what later values are checked with.
      const mustBe = kind === 'reduce' && !this.#exact && isFloat(dtype);
      const isLast = node === this.#nodes.length - 1;
      if (!mustBe && !(isLast && outputs.length === 0) && this.#draw(3) > 0) continue;
      const fills = !reduces || everywhere || (!mustBe && this.#draw(4) === 0);
      const once = reduces && !varies && !late && !isEmpty && this.#draw(2) === 0;
      const over = this.#axes.map((_, k) => (fills || !this.#reduced[k]) && !(once && !fills));
      outputs.push({ node, dtype, strides: this.#dense(over), offset: this.#draw(3) });
    }
    return outputs;
  }
}

/** Numbers that look random and depend on the seed alone. */
function drawsOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Random kernels. */
export const kernels: fc.Arbitrary<number> = fc.integer();

/** The kernel of a seed. */
export const kernelOf = (seed: number): RandomKernel => new Maker(drawsOf(seed)).make();
