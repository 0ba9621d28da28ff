import type { FloatLanes, FunctionName } from '../../src/math/index.ts';
import { Draw, type Floats } from './harness.ts';

const { abs, log, round } = Math;

export const arity = (name: FunctionName): number => (name === 'pow' || name === 'atan2' ? 2 : 1);

/** Where each function does more than saturate, in float32 and in float64. */
const domains: Record<FunctionName, readonly [number, number, number, number]> = {
  exp: [-105, 90, -747, 711],
  expm1: [-20, 90, -40, 711],
  sigmoid: [-105, 20, -747, 40],
  softplus: [-105, 90, -747, 100],
  log: [0.4, 2.5, 0.4, 2.5],
  log1p: [-1, 3, -1, 3],
  log2: [0.4, 2.5, 0.4, 2.5],
  log10: [0.4, 25, 0.4, 25],
  tanh: [-9.5, 9.5, -20, 20],
  sinh: [-91, 91, -712, 712],
  cosh: [-91, 91, -712, 712],
  asinh: [-5, 5, -5, 5],
  acosh: [1, 5, 1, 5],
  atanh: [-1, 1, -1, 1],
  sin: [-1e4, 1e4, -1e4, 1e4],
  cos: [-1e4, 1e4, -1e4, 1e4],
  asin: [-1, 1, -1, 1],
  acos: [-1, 1, -1, 1],
  atan: [-3, 3, -3, 3],
  atan2: [-2, 2, -2, 2],
  erf: [-4.2, 4.2, -6.2, 6.2],
  erfc: [-4.2, 10.3, -6.2, 27.5],
  pow: [0, 30, 0, 30],
  portableLog: [0.4, 2.5, 0.4, 2.5],
  portableExp: [-105, 90, -747, 711],
};

/** Zeros, infinities, NaN, subnormals, powers, the ends of ranges, and numbers next to them. */
export const specials: readonly number[] = [
  0,
  1,
  0.5,
  2,
  3,
  1.5,
  2.5,
  10,
  100,
  1e-5,
  1e-10,
  1e-20,
  5e-324,
  1e-45,
  1e-40,
  1e-310,
  2 ** -126,
  2 ** -1022,
  2 ** -24,
  2 ** -53,
  1 - 2 ** -24,
  1 - 2 ** -53,
  1 + 2 ** -23,
  1 + 2 ** -52,
  2 ** 23,
  2 ** 24,
  2 ** 24 - 1,
  2 ** 52 + 1,
  2 ** 53,
  2 ** 53 - 1,
  0.46875,
  0.55,
  0.7,
  9,
  9.02,
  27.2,
  88,
  88.72,
  88.73,
  89.4,
  103.9,
  104,
  708.4,
  709.7,
  709.8,
  710.4,
  745.1,
  746,
  1e6,
  1.6e6,
  1e10,
  1e22,
  1e38,
  3.4028234663852886e38,
  1e300,
  Number.MAX_VALUE,
  Math.PI / 4,
  Math.PI / 2,
  Math.PI,
]
  .flatMap((x) => [x, -x])
  .concat(Infinity, -Infinity, Number.NaN);

const array = (type: FloatLanes, n: number): Floats =>
  type === 'f32x4' ? new Float32Array(n) : new Float64Array(n);

/** Every special value, or every pair. */
export function specialArguments(name: FunctionName, type: FloatLanes): readonly Floats[] {
  const n = specials.length;
  if (arity(name) === 1) return [array(type, n).map((_, k) => specials[k]!) as Floats];
  return [
    array(type, n * n).map((_, k) => specials[k % n]!) as Floats,
    array(type, n * n).map((_, k) => specials[(k - (k % n)) / n]!) as Floats,
  ];
}

/** Any bit patterns, the function's domain, and small numbers, in turn. */
export function randomArguments(
  name: FunctionName,
  type: FloatLanes,
  n: number,
): readonly Floats[] {
  const draw = new Draw(name.length * 31 + name.charCodeAt(0));
  const bits = new DataView(new ArrayBuffer(8));
  const pattern = (): number => {
    bits.setUint32(0, draw.word());
    bits.setUint32(4, draw.word());
    return type === 'f32x4' ? bits.getFloat32(0) : bits.getFloat64(0);
  };
  const domain = domains[name].slice(type === 'f32x4' ? 0 : 2);
  const inside = (): number => draw.between(domain[0]!, domain[1]!);
  const small = (): number => draw.between(-1, 1) * 2 ** draw.between(-30, 4);
  const x = array(type, n);
  for (let k = 0; k < n; k++) x[k] = [pattern, inside, small][k % 3]!();
  if (arity(name) === 1) return [x];
  const y = array(type, n);
  for (let k = 0; k < n; k++) {
    if (k % 3 === 0) y[k] = pattern();
    else if (name === 'atan2') y[k] = x[k]! * draw.between(-2, 2);
    else if (k % 3 === 1) y[k] = (draw.between(-1, 1) * (type === 'f32x4' ? 90 : 720)) / log(x[k]!);
    else y[k] = round(draw.between(-100, 100) / (1 + abs(log(abs(x[k]!)))));
  }
  return [x, y];
}
