import { Cell, type DType, type Shape, Tensor } from '@tikhonov/core';

/** What a result must be; written without looking at the operations. */
export interface Expected {
  readonly shape: Shape;
  readonly dtype?: DType;
}

type Rule = (values: readonly unknown[]) => Expected | null;

const tensorOf = (x: unknown): Tensor | null =>
  x instanceof Tensor ? x : x instanceof Cell ? x.read() : null;

const same: Rule = ([x]) => {
  const t = tensorOf(x);
  return t === null ? null : { shape: t.shape, dtype: t.dtype };
};

/** NumPy's rule: aligned at the end, sizes equal or 1. */
function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const [m, n] = [a[k - rank + a.length] ?? 1, b[k - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) throw new Error(`[${a}] and [${b}] do not broadcast`);
    return m === 1 ? n : m;
  });
}

const both =
  (dtype?: DType): Rule =>
  ([x, y]) => {
    const [a, b] = [tensorOf(x), tensorOf(y)];
    if (a === null || b === null) return null;
    return { shape: broadcast(a.shape, b.shape), dtype: dtype ?? a.dtype };
  };

const reduced: Rule = ([x, options]) => {
  const t = tensorOf(x);
  if (t === null) return null;
  const { axis, keepdims } = (options ?? {}) as { axis?: unknown; keepdims?: unknown };
  const list = axis === undefined ? t.shape.map((_, k) => k) : [axis].flat();
  const axes = new Set(list.map((k) => (Number(k) < 0 ? Number(k) + t.rank : Number(k))));
  const shape =
    keepdims === true
      ? t.shape.map((n, k) => (axes.has(k) ? 1 : n))
      : t.shape.filter((_, k) => !axes.has(k));
  return { shape };
};

const of = (names: string, rule: Rule): [string, Rule][] => names.split(' ').map((n) => [n, rule]);

/** By name of the operation. */
export const shapeRules: ReadonlyMap<string, Rule> = new Map([
  ...of(
    'abs exp expm1 log log1p log2 log10 sqrt square sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh erf erfc sigmoid softplus sign floor ceil round trunc neg relu relu6 leakyRelu elu celu selu silu mish gelu hardtanh hardsigmoid hardswish logSigmoid softsign softmax softmin logSoftmax reciprocal rsqrt exp2 cumsum cumprod flip roll tril triu threshold linalg.inverse linalg.cholesky linalg.matrixExp',
    same,
  ),
  ...of('add sub mul div maximum minimum pow atan2 hypot logaddexp remainder', both()),
  ...of('equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr', both('bool')),
  ...of('sum mean max min prod variance std logsumexp norm all any countNonzero', reduced),
]);
