/**
 * What the benchmarks use of a jax-js array. An array that is passed to a function, or whose method is
 * called, is consumed; `ref` is the same array with one more use.
 */
export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: number[];
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  sum(): JaxArray;
  mean(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(): JaxArray;
  slice(index: number): JaxArray;
  dataSync(): Float32Array;
  blockUntilReady(): Promise<JaxArray>;
  dispose(): void;
}

/** Arrays by name. */
export type JaxTree = Record<string, JaxArray>;

type Unary = (x: JaxArray) => JaxArray;
type Binary = (a: JaxArray | number, b: JaxArray | number) => JaxArray;

/** What the benchmarks use of jax-js, typed here because it is installed at first use only. */
export interface Jax {
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    readonly dot: (a: JaxArray, b: JaxArray) => JaxArray;
    readonly matmul: (a: JaxArray, b: JaxArray) => JaxArray;
    readonly tanh: Unary;
    readonly exp: Unary;
    readonly sqrt: Unary;
    readonly square: Unary;
    readonly max: Unary;
    readonly subtract: Binary;
    readonly divide: Binary;
    readonly minimum: Binary;
    readonly maximum: Binary;
    where(condition: JaxArray, x: JaxArray | number, y: JaxArray | number): JaxArray;
  };
  readonly nn: { readonly relu: Unary; readonly logSoftmax: Unary };
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      filter: JaxArray,
      strides: number[],
      padding: 'VALID',
    ): JaxArray;
    reduceWindow(x: JaxArray, reduce: Unary, size: number[], strides: number[]): JaxArray;
  };
  readonly random: {
    key(seed: number): JaxArray;
    split(key: JaxArray, count: number): JaxArray;
    bernoulli(key: JaxArray, p: number, shape: readonly number[]): JaxArray;
  };
  readonly tree: { ref<T>(tree: T): T; dispose(tree: unknown): void };
  init(device: 'wasm'): Promise<unknown>;
  defaultDevice(device: 'wasm'): unknown;
  jit<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R;
  blockUntilReady<T>(tree: T): Promise<T>;
  valueAndGrad<A extends unknown[]>(f: (...args: A) => JaxArray): (...args: A) => [JaxArray, A[0]];
  valueAndGrad<A extends unknown[]>(
    f: (...args: A) => JaxArray,
    options: { argnums: number[] },
  ): (...args: A) => [JaxArray, JaxArray[]];
}
