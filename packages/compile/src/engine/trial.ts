import { emitGemm, type Profile, packBytes } from '../kernels/gemm/index.ts';
import { ModuleWriter } from '../wasm/module.ts';
import type { Host } from './host.ts';
import { buildModule } from './module.ts';
import type { Switch } from './switches.ts';

/** How a product did that was built in some way. */
export interface Outcome {
  /** Whether every number of it was right. */
  readonly right: boolean;
  /** The fastest of its first calls, in milliseconds. */
  readonly first: number;
  /** The fastest of many calls. */
  readonly best: number;
}

/** Builds a product and tries it; in tests something else. */
export type Trial = (host: Host, profile: Profile, switches: readonly Switch[]) => Outcome;

/** Sizes of the product: whole tiles of every profile, and all of it in the first-level cache. */
const [m, n, k] = [24, 32, 32];

/** Addresses of the factors, the result and scratch. */
const [a, b] = [64, 64 + m * k * 4];
const [c, scratch] = [b + k * n * 4, b + k * n * 4 + m * n * 4];

/** The first calls run before an engine that optimises later does so. */
const firstCalls = 6;

/** Timed samples, and products in each. */
const samples = 40;
const products = 16;

/** A product of whole numbers, which is exact however it is computed. About a millisecond. */
export const tryProduct: Trial = (host, profile, switches) => {
  const writer = new ModuleWriter(0);
  const spec = {
    dtype: 'float32',
    m,
    n,
    k,
    a: { row: k, column: 1 },
    b: { row: n, column: 1 },
    c: { row: n },
    profile,
  } as const;
  const product = emitGemm(writer, spec);
  writer.function(
    ['i32'],
    [],
    (code) => {
      code.loop((again) => {
        code.i32(a).i32(b).i32(c).i32(0).i32(scratch).call(product);
        code.get(0).i32(1).op('i32.sub').tee(0);
        again(true);
      });
    },
    'run',
  );
  const pages = Math.ceil((scratch + packBytes(spec)) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = buildModule(writer.encode(pages), switches, host);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const run = exports.run as (times: number) => void;
  const left = new Float32Array(memory.buffer, a, m * k);
  const right = new Float32Array(memory.buffer, b, k * n);
  for (let i = 0; i < left.length; i++) left[i] = ((i * 7) % 13) - 6;
  for (let i = 0; i < right.length; i++) right[i] = ((i * 5) % 11) - 5;
  const fastest = (calls: number, times: number): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let call = 0; call < calls; call++) {
      const start = performance.now();
      run(times);
      best = Math.min(best, (performance.now() - start) / times);
    }
    return best;
  };
  const first = fastest(firstCalls, 1);
  const best = fastest(samples, products);
  const got = new Float32Array(memory.buffer, c, m * n);
  return { right: isProduct(left, right, got), first, best };
};

function isProduct(left: Float32Array, right: Float32Array, got: Float32Array): boolean {
  return got.every((value, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let i = 0; i < k; i++) sum += left[row * k + i]! * right[i * n + column]!;
    return value === sum;
  });
}
