import { astype, type DType, isFloating, type Tensor, tensor } from '@tikhonov/core';
import {
  type AnyPrimitive,
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
    const rounds = numericsOf(primitive.name).kind !== 'exact';
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
 * deviation is `scale` times the error that it may have.
 */
export class Noisy implements Evaluator {
  readonly #noise: Noise;
  readonly #scale: number;

  constructor(seed: number, scale: number) {
    this.#noise = new Noise(seed);
    this.#scale = scale;
  }

  run(
    ...[primitive, inputs, attrs, outputs, avals]: Parameters<Evaluator['run']>
  ): readonly Payload[] {
    const inside = controlled(primitive, inputs, attrs);
    if (inside !== null) return inside;
    const numerics = numericsOf(primitive.name);
    const run = (payloads: readonly Payload[]): readonly Payload[] =>
      eager.run(primitive, payloads, attrs, outputs, avals);
    switch (numerics.kind) {
      case 'exact':
        return run(inputs);
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
    const y = fromView(out as View);
    if (!isFloating(y.dtype)) return out;
    const data = y.data();
    for (let i = 0; i < data.length; i++) {
      const size = bound(data[i]!, y.dtype, i);
      if (size > 0 && Number.isFinite(size))
        data[i] = data[i]! + this.#scale * size * this.#noise.normal();
    }
    return tensor(data, { shape: y.shape, dtype: y.dtype }).payload;
  }

  /** Errors of the size of the largest element's. */
  #erringAsWhole(out: Payload): Payload {
    const { shape, dtype } = out as View;
    const n = Math.max(1, ...shape.slice(-2));
    let largest = 0;
    for (const y of fromView(out as View).data()) {
      if (Number.isFinite(y)) largest = Math.max(largest, Math.abs(y));
    }
    return this.#erring(out, () => 2 * n * roundingUnit(dtype) * largest);
  }
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
    return tensor(wide.map(Math.abs), { shape: x.shape, dtype: 'float64' }).view;
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
