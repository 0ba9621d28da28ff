import { jvp, type Tensor, tensor, zerosLike } from '@tikhonov/core';
import { fromView } from '@tikhonov/core/engine';
import { type Law, law } from '../law.ts';
import {
  copyOf,
  dtypesOf,
  type Example,
  examples,
  type Floating,
  floating,
  inDtype,
  isFloat,
  ofFloats,
  type Subject,
  showExample,
} from './subject.ts';
import { bitwise } from './values.ts';

/** A copy with other elements. */
const withValues = (x: Tensor, change: (value: number, i: number) => number): Tensor =>
  tensor(Float64Array.from(x.data(), change), { shape: x.shape, dtype: x.dtype });

/** What a value error is: the operation refused, which is not silent. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RangeError && !error.message.startsWith('internal:');

/** The outputs, or `null` if the values were refused. */
function attempt(run: () => readonly Tensor[]): readonly Tensor[] | null {
  try {
    return run();
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/**
 * NaN is not swallowed: put into an element, it reaches every result that depends on the element, as
 * the derivative tells. Where no rule tells (`sign`), it reaches some result.
 *
 * @param hasRules  whether derivatives tell what depends on what
 */
export const nanLaw = (subject: Subject, hasRules: boolean): Law =>
  law<Example<number>>({
    id: `${subject.id}/nan`,
    statement: `a NaN in an input of ${subject.name} reaches every result whose derivative by it is not 0`,
    cases: examples(subject, (draw) => draw.integer(0, 10_000)),
    show: showExample(subject),
    effort: 0.5,
    dtypes: dtypesOf(subject),
    slack: (example) => {
      for (const dtype of subject.dtypes) requireNaN(subject, example, dtype, hasRules);
      return 1;
    },
  });

function requireNaN(
  subject: Subject,
  { attrs, ...example }: Example<number>,
  dtype: Floating,
  hasRules: boolean,
): void {
  const inputs = example.inputs.map((x) => inDtype(x, dtype));
  const candidates = floating(inputs).filter((i) => inputs[i]!.size > 0);
  if (candidates.length === 0) return;
  const which = candidates[example.extra % candidates.length]!;
  const at = Math.floor(example.extra / candidates.length) % inputs[which]!.size;
  const clean = subject.apply(inputs, attrs).filter(isFloat);
  const depends = hasRules
    ? dependence(subject, { ...example, inputs, attrs }, which, at)
    : clean.map((y) => Array.from({ length: y.size }, () => true));
  const poisoned = inputs.map((x, i) =>
    i === which ? withValues(x, (value, j) => (j === at ? NaN : value)) : x,
  );
  const outputs = attempt(() => subject.apply(poisoned, attrs).filter(isFloat));
  if (outputs === null) return;
  const isNaNAt = outputs.map((y) => Array.from(y.data(), Number.isNaN));
  const reached = depends.flatMap((row, o) => row.map((d, i) => !d || isNaNAt[o]![i] === true));
  const fine = hasRules ? reached.every(Boolean) : reached.length === 0 || reached.some(Boolean);
  if (fine) return;
  const o = depends.findIndex((row, k) => row.some((d, i) => d && !isNaNAt[k]![i]));
  throw new Error(`${dtype}: NaN at element ${at} of input ${which} is missing in output ${o}`);
}

/** Which outputs change with element `at` of input `which`. */
function dependence(
  subject: Subject,
  example: Example<unknown>,
  which: number,
  at: number,
): boolean[][] {
  const floats = floating(example.inputs);
  const xs = floats.map((i) => example.inputs[i]!);
  const f = ofFloats(subject, example);
  const tangents = xs.map((x, k) =>
    floats[k] === which ? withValues(x, (_, i) => Number(i === at)) : zerosLike(x),
  );
  const [, along] = jvp((...ys: readonly Tensor[]) => f(...ys), xs, tangents);
  return (along as readonly Tensor[]).map((y) => Array.from(y.data(), (slope) => slope !== 0));
}

const specials = [NaN, Infinity, -Infinity, 0, -0];

/** Infinities, NaN and signed zeros give the same kinds of results in both dtypes and any layout. */
export const infiniteLaw = (subject: Subject): Law =>
  law<Example<readonly number[]>>({
    id: `${subject.id}/infinite`,
    statement: `${subject.name} of NaN, infinities and zeros is NaN or infinite at the same places in float32 as in float64, and for views as for copies`,
    cases: examples(subject, (draw) =>
      Array.from({ length: 8 }, () => draw.integer(0, 3 * specials.length)),
    ),
    show: showExample(subject),
    effort: 0.5,
    dtypes: dtypesOf(subject),
    slack: ({ inputs, attrs, extra }) => {
      // A special value here and there, by a pattern of period 8; nothing that float32 underflows.
      const round = (value: number): number => (Math.abs(value) < 1e-6 ? 0 : Math.fround(value));
      const strange = (x: Tensor, k: number): Tensor =>
        isFloat(x)
          ? withValues(x, (v, i) => specials[extra[(i + 3 * k) % extra.length]!] ?? round(v))
          : x;
      const variants = subject.dtypes.map((dtype) =>
        inputs.map(strange).map((x) => inDtype(x, dtype)),
      );
      const made = variants.map((xs) => attempt(() => subject.apply(xs, attrs)));
      const backward = attempt(() => subject.apply(variants[0]!.map(backwards), attrs));
      const [first] = made;
      const all = [...made, backward];
      // A refusal is not silent, and what is singular may be so in one dtype alone.
      if (all.includes(null)) return 1;
      return Math.min(bitwise(backward!, first!), ...made.map((each) => sameKinds(each!, first!)));
    },
  });

/** The same tensor stored from back to front. */
function backwards(x: Tensor): Tensor {
  const { view } = copyOf(x);
  const data = view.data.slice().reverse();
  const offset = Math.max(0, data.length - 1);
  return fromView({ ...view, data, stride: view.stride.map((s) => -s), offset });
}

const kind = (x: number): number => (Number.isFinite(x) ? 0 : x);

function sameKinds(got: readonly Tensor[], want: readonly Tensor[]): number {
  for (const [k, x] of got.entries()) {
    const [a, b] = [x.data(), want[k]!.data()];
    if (a.length !== b.length) return -1;
    for (let i = 0; i < a.length; i++) if (!Object.is(kind(a[i]!), kind(b[i]!))) return -1;
  }
  return 1;
}
