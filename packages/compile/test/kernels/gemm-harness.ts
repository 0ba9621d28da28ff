import {
  type Epilogue,
  emitGemm,
  type GemmSpec,
  type Profile,
  packBytes,
  type Strides,
} from '../../src/kernels/gemm/index.ts';
import { ModuleWriter } from '../../src/wasm/module.ts';

// Inside a test, globals are looked up slowly.
const { abs, max, min } = Math;

/** Uniform integers and numbers from a seed. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** In [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!;
  }
}

/** A matrix somewhere in memory: its first element's address is `address`. */
interface Placed {
  readonly address: number;
  readonly strides: Strides;
}

export type Operand = 'a' | 'b' | 'c' | 'bias' | 'x' | 'y';

/** How the epilogue is written: short, long (so that it gets its own loop), or by address. */
export type Ending = 'none' | 'short' | 'long' | 'address';

export interface Trial {
  readonly dtype: GemmSpec['dtype'];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Strides;
  readonly b: Strides;
  readonly cRow: number;
  readonly accumulate: boolean;
  readonly bias: boolean;
  readonly ending: Ending;
  readonly x: Strides;
  readonly y: Strides;
  readonly profile: Profile;
  /** The operand that ends where the memory ends. */
  readonly last: Operand;
  /** An element that is special: at this row and column, or anywhere among many zeros. */
  readonly special?: {
    readonly operand: Operand;
    readonly value: number;
    readonly at?: readonly [number, number];
  };
}

/** `v * x[i, j] + y[i, j]`, in one of several ways. */
const epilogueOf = ({ ending, dtype, x, y }: Trial): Epilogue => {
  const prefix = dtype === 'float32' ? 'f32x4' : 'f64x2';
  const size = dtype === 'float32' ? 4 : 8;
  return {
    operands: 2,
    emit(code, at) {
      for (let turn = 0; turn < (ending === 'long' ? 400 : 0); turn++) code.op(`${prefix}.neg`);
      const whole = at.lanes * size === 16 && at.step(x) === 1;
      if (ending === 'address' && whole) {
        at.address(0, x, size);
        code.memory('v128.load', 0);
      } else {
        at.load(0, x);
      }
      code.op(`${prefix}.mul`);
      at.load(1, y);
      code.op(`${prefix}.add`);
    },
  };
};

/** Bytes that nothing writes by chance. */
const pattern = Uint8Array.from({ length: 65536 }, (_, place) => (place * 37 + 11) & 255);

const extent = (rows: number, columns: number, { row, column }: Strides): [number, number] => {
  if (rows === 0 || columns === 0) return [0, 0];
  const [down, across] = [(rows - 1) * row, (columns - 1) * column];
  return [min(0, down) + min(0, across), max(0, down) + max(0, across) + 1];
};

/** What one run showed. */
export interface Outcome {
  /** The largest error, as a share of its bound. */
  readonly worst: number;
  /** Bytes outside the result that changed. */
  readonly spoilt: number;
  /** The module's size. */
  readonly bytes: number;
  /** The result, row by row, and what it should be. */
  readonly result: readonly number[];
  readonly expected: readonly number[];
}

/** Builds the function for a trial, runs it, and compares with the plain sum in float64. */
export const run = (trial: Trial, draw: Draw): Outcome => {
  const { dtype, m, n, k, profile, ending } = trial;
  const size = dtype === 'float32' ? 4 : 8;
  const spec: GemmSpec = {
    dtype,
    m,
    n,
    k,
    a: trial.a,
    b: trial.b,
    c: { row: trial.cRow },
    profile,
    ...(trial.accumulate && { accumulate: true }),
    ...(trial.bias && { bias: 'row' }),
    ...(ending !== 'none' && { epilogue: epilogueOf(trial) }),
  };
  const shapes: Record<Operand, [number, number, Strides]> = {
    a: [m, k, trial.a],
    b: [k, n, trial.b],
    c: [m, n, { row: trial.cRow, column: 1 }],
    bias: [1, n, { row: 0, column: 1 }],
    x: [m, n, trial.x],
    y: [m, n, trial.y],
  };
  const order = (Object.keys(shapes) as Operand[]).filter((name) => name !== trial.last);
  // Views start anywhere; scratch is aligned.
  let top = 64;
  const placed = new Map<Operand, Placed>();
  for (const name of order) {
    const [low, high] = extent(...shapes[name]);
    const start = top + draw.integer(0, 7) * size;
    placed.set(name, { address: start - low * size, strides: shapes[name][2] });
    top = start + (high - low) * size + 32;
  }
  const scratch = Math.ceil(top / 16) * 16;
  const scratchEnd = scratch + packBytes(spec);
  const [low, high] = extent(...shapes[trial.last]);
  const pages = Math.ceil((scratchEnd + 64 + (high - low) * size) / 65536);
  placed.set(trial.last, { address: pages * 65536 - high * size, strides: shapes[trial.last][2] });

  const writer = new ModuleWriter(pages);
  const index = emitGemm(writer, spec);
  const at = (name: Operand): number => placed.get(name)!.address;
  const addresses = [at('a'), at('b'), at('c'), at('bias'), scratch, at('x'), at('y')];
  const taken = ending === 'none' ? addresses.slice(0, 5) : addresses;
  writer.function(
    [],
    [],
    (code) => {
      for (const address of taken) code.i32(address);
      code.call(index);
    },
    'run',
  );
  const bytes = writer.encode();
  const memory = new WebAssembly.Memory({ initial: pages });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });

  const all = new DataView(memory.buffer);
  const canary = new Uint8Array(memory.buffer);
  for (let page = 0; page < pages; page++) canary.set(pattern, page * 65536);
  const place = (name: Operand, i: number, j: number): number => {
    const { address, strides } = placed.get(name)!;
    return address + (i * strides.row + j * strides.column) * size;
  };
  const read = (name: Operand, i: number, j: number): number => {
    const from = place(name, i, j);
    return size === 4 ? all.getFloat32(from, true) : all.getFloat64(from, true);
  };
  for (const name of [...placed.keys()]) {
    const [rows, columns] = shapes[name];
    const isSpecial = trial.special?.operand === name;
    const anywhere = [draw.integer(0, max(0, rows - 1)), draw.integer(0, max(0, columns - 1))];
    const [row, column] = trial.special?.at ?? anywhere;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let value = draw.unit() * 2 - 1;
        if (trial.special !== undefined && !trial.special.at) value = draw.of([value, 0]);
        if (isSpecial && i === row && j === column) value = trial.special!.value;
        if (size === 4) all.setFloat32(place(name, i, j), value, true);
        else all.setFloat64(place(name, i, j), value, true);
      }
    }
  }

  // Each term is rounded at most k + 2 times, once as a product and then in sums. The reference rounds
  // as often, which only matters in float64.
  const unit = size === 4 ? 2 ** -24 : 2 ** -52;
  const rows = new Float64Array(m * k);
  const columns = new Float64Array(n * k);
  for (let p = 0; p < k; p++) {
    for (let i = 0; i < m; i++) rows[i * k + p] = read('a', i, p);
    for (let j = 0; j < n; j++) columns[j * k + p] = read('b', p, j);
  }
  const expected: number[] = [];
  const bounds: number[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const first = trial.accumulate ? read('c', i, j) : 0;
      const second = trial.bias ? read('bias', 0, j) : 0;
      let sum = first + second;
      let total = abs(first) + abs(second);
      for (let p = 0; p < k; p++) {
        const term = rows[i * k + p]! * columns[j * k + p]!;
        sum += term;
        total += abs(term);
      }
      let bound = (k + 2) * unit * total;
      if (ending !== 'none') {
        const [x, y] = [read('x', i, j), read('y', i, j)];
        bound = bound * abs(x) + 3 * unit * (abs(sum * x) + abs(y));
        sum = sum * x + y;
      }
      expected.push(sum);
      bounds.push(bound * 1.01);
    }
  }

  const before = canary.slice();
  (exports.run as () => void)();
  const result: number[] = [];
  let worst = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const [value, wanted] = [read('c', i, j), expected[i * n + j]!];
      result.push(value);
      const error = Object.is(value, wanted) || value === wanted ? 0 : abs(value - wanted);
      const share = error === 0 ? 0 : error / bounds[i * n + j]!;
      worst = Number.isNaN(share) ? Number.POSITIVE_INFINITY : max(worst, share);
      // What belongs to the result is compared above.
      for (let byte = 0; byte < size; byte++) {
        const spot = place('c', i, j) + byte;
        canary[spot] = before[spot]!;
      }
    }
  }
  let spoilt = 0;
  canary.set(before.subarray(scratch, scratchEnd), scratch);
  for (let spot = 0; spot < canary.length; spot++) if (canary[spot] !== before[spot]) spoilt += 1;
  return { worst, spoilt, bytes: bytes.length, result, expected };
};
