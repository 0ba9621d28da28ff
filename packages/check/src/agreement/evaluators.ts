import { astype, type DType, isFloating, type Shape, type Tensor } from '@tikhonov/core';
import {
  type AnyPrimitive,
  type Aval,
  type CondAttrs,
  type Evaluator,
  eager,
  fromView,
  type Payload,
  runRegion,
  type View,
  type WhileAttrs,
} from '@tikhonov/core/engine';
import { Noise } from './noise.ts';
import { numericsOf, roundingUnit, ulp } from './numerics.ts';

// Where tests run in contexts of their own, every use of a global costs a search.
const unlimited = Infinity;

/** What a primitive that runs others gives, each of these under the evaluator that is in force; else `null`. */
function controlled(
  primitive: AnyPrimitive,
  inputs: readonly Payload[],
  attrs: unknown,
): readonly Payload[] | null {
  if (primitive.kind !== 'multi' || primitive.control === undefined) return null;
  const xs = inputs.map((input) => fromView(input as View));
  const results =
    primitive.name === 'cond' ? branch(xs, attrs as CondAttrs) : loop(xs, attrs as WhileAttrs);
  return results.map(({ payload }) => payload);
}

const branch = (
  [predicate, ...captures]: readonly Tensor[],
  { onTrue, onFalse }: CondAttrs,
): readonly Tensor[] => runRegion(predicate!.item() !== 0 ? onTrue : onFalse, captures);

function loop(xs: readonly Tensor[], { condition, body, maxSteps }: WhileAttrs): readonly Tensor[] {
  const count = body.results.length;
  const captures = xs.slice(count);
  let state = xs.slice(0, count);
  for (let step = 0; step < maxSteps; step++) {
    if (runRegion(condition, [...state, ...captures])[0]!.item() === 0) break;
    state = [...runRegion(body, [...state, ...captures])];
  }
  return state;
}

/** Runs kernels as ever, counts primitives, and knows which results any correct program gives to the bit. */
export class Tracking implements Evaluator {
  /** How often each primitive ran. */
  readonly counts: Map<string, number> = new Map();
  /** Whether any operation had an inexact result. */
  rounded = false;
  readonly #inexact = new WeakSet<object>();

  run(
    ...[primitive, inputs, attrs, outputs, avals]: Parameters<Evaluator['run']>
  ): readonly Payload[] {
    this.counts.set(primitive.name, (this.counts.get(primitive.name) ?? 0) + 1);
    const inside = controlled(primitive, inputs, attrs);
    if (inside !== null) return inside;
    const made = eager.run(primitive, inputs, attrs, outputs, avals);
    const { kind } = numericsOf(primitive.name);
    const rounds = kind !== 'exact' && kind !== 'rounded';
    const tainted = inputs.some((input) => this.#inexact.has(input));
    for (const [k, payload] of made.entries()) {
      if (tainted || (rounds && isFloating(outputs[k]!.dtype))) {
        this.#inexact.add(payload);
        this.rounded = true;
      }
    }
    return made;
  }

  /** Whether only exact operations led to the value, from values that nothing is known against. */
  isExact(x: Tensor): boolean {
    return !this.#inexact.has(x.payload);
  }
}

/**
 * Runs kernels and makes every result of an inexact operation err, by normal errors whose standard
 * deviation is `scale` times the error that it may have. From there on the operations that round err as
 * well: of operands that differ, the results lie further apart by half a unit each.
 */
export class Noisy implements Evaluator {
  readonly #noise: Noise;
  readonly #scale: number;
  readonly #inexact = new WeakSet<object>();

  constructor(seed: number, scale: number) {
    this.#noise = new Noise(seed);
    this.#scale = scale;
  }

  run(
    ...[primitive, inputs, attrs, outputs, avals]: Parameters<Evaluator['run']>
  ): readonly Payload[] {
    const inside = controlled(primitive, inputs, attrs);
    if (inside !== null) return inside;
    const { kind } = numericsOf(primitive.name);
    const tainted = inputs.some((input) => this.#inexact.has(input));
    const made = this.#made(primitive, inputs, attrs, outputs, avals, tainted);
    if (tainted || (kind !== 'exact' && kind !== 'rounded')) {
      for (const [k, payload] of made.entries()) {
        if (tainted || isFloating(outputs[k]!.dtype)) this.#inexact.add(payload);
      }
    }
    return made;
  }

  #made(
    primitive: AnyPrimitive,
    inputs: readonly Payload[],
    attrs: unknown,
    outputs: readonly Aval[],
    avals: readonly Aval[],
    tainted: boolean,
  ): readonly Payload[] {
    const numerics = numericsOf(primitive.name);
    const run = (payloads: readonly Payload[]): readonly Payload[] =>
      eager.run(primitive, payloads, attrs, outputs, avals);
    switch (numerics.kind) {
      case 'exact':
        return run(inputs);
      case 'rounded':
        // A result of 0 comes of equal terms or of a factor 0: there is nothing to round.
        return tainted && avals.some(({ dtype }) => isFloating(dtype))
          ? run(inputs).map((out) => this.#erring(out, (y, dtype) => (y === 0 ? 0 : ulp(y, dtype))))
          : run(inputs);
      case 'function':
        return run(inputs).map((out) =>
          this.#erring(out, (y, dtype) => numerics.ulps * ulp(y, dtype)),
        );
      case 'matrix': {
        const rounded = inputs.map((input) => this.#erringAsWhole(input));
        return run(rounded).map((out) => this.#erringAsWhole(out));
      }
      case 'sum': {
        const made = run(inputs);
        if (!isFloating(outputs[0]!.dtype)) return made;
        const terms = magnitudes(primitive, inputs, attrs);
        const units = roundings(primitive, inputs, outputs[0]!.dtype);
        return made.map((out) =>
          this.#erring(out, (y, dtype, i) => units * terms[i]! + ulp(y, dtype)),
        );
      }
    }
  }

  /** A dense copy with errors of the given size. */
  #erring(out: Payload, bound: (y: number, dtype: DType, at: number) => number): Payload {
    const { shape, dtype } = out as View;
    if (!isFloating(dtype)) return out;
    const data = fromView(out as View).data();
    for (let i = 0; i < data.length; i++) {
      const y = data[i]!;
      const size = bound(y, dtype, i);
      // Neither where nothing errs, nor at infinities and NaN.
      if (size > 0 && size < unlimited) data[i] = y + this.#scale * size * this.#noise.normal();
    }
    return dense(data, shape);
  }

  /** Errors of the size of the largest element's. */
  #erringAsWhole(out: Payload): Payload {
    const { shape, dtype } = out as View;
    if (!isFloating(dtype)) return out;
    const n = Math.max(1, ...shape.slice(-2));
    let largest = 0;
    for (const y of fromView(out as View).data()) {
      const size = y < 0 ? -y : y;
      if (size > largest && size < unlimited) largest = size;
    }
    return this.#erring(out, () => 2 * n * roundingUnit(dtype) * largest);
  }
}

/** Floating elements in order, as a view. */
function dense(data: View['data'], shape: Shape): View {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    stride[k] = step;
    step *= shape[k]!;
  }
  const dtype = data instanceof Float64Array ? 'float64' : 'float32';
  return { dtype, data, shape, stride, offset: 0 };
}

/** The sum of the magnitudes of every result's terms. */
function magnitudes(
  primitive: AnyPrimitive,
  inputs: readonly Payload[],
  attrs: unknown,
): ArrayLike<number> {
  if (primitive.kind !== 'single') throw new Error(`internal: ${primitive.name} is not a sum`);
  const sizes = inputs.map((input) => {
    const x = fromView(input as View);
    if (!isFloating(x.dtype)) return x.view;
    const wide = astype(x, 'float64').data();
    for (let i = 0; i < wide.length; i++) if (wide[i]! < 0) wide[i] = -wide[i]!;
    return dense(wide, x.shape);
  });
  return fromView(primitive.forward(sizes, attrs)).data();
}

/**
 * The relative error of a sum: as many roundings as it has terms. Sums are carried in float64 whatever
 * their dtype; products of matrices may be in their own.
 */
function roundings(primitive: AnyPrimitive, inputs: readonly Payload[], dtype: DType): number {
  const shape = (inputs.at(-1) as View).shape;
  const terms = primitive.name === 'matmul' ? shape.at(-2)! : shape.reduce((a, b) => a * b, 1);
  return (terms + 1) * roundingUnit(primitive.name === 'matmul' ? dtype : 'float64');
}
