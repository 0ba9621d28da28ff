import type { DType } from '@tikhonov/core';
import type { Emission } from '../../math/emission.ts';
import type { FloatLanes, Lanes } from '../../math/lanes.ts';
import { lanesOf } from '../map/elements.ts';
import type { FusedSpec } from './spec.ts';

/** The values of a kernel's nodes at one place of its loops, each built once. */
export class Expression {
  readonly #spec: FusedSpec;
  readonly #into: Emission;
  readonly #known: Map<number, Lanes>;
  readonly #load: (node: number) => Lanes | null;

  /**
   * @param load  what is read rather than computed here, or null
   * @param known  values that were computed before, outside of the loop
   */
  constructor(
    spec: FusedSpec,
    into: Emission,
    load: (node: number) => Lanes | null,
    known: ReadonlyMap<number, Lanes> = new Map(),
  ) {
    this.#spec = spec;
    this.#into = into;
    this.#load = load;
    this.#known = new Map(known);
  }

  /** The value of a node. */
  of(index: number): Lanes {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    const value = this.#load(index) ?? this.#compute(index);
    this.#known.set(index, value);
    return value;
  }

  #compute(index: number): Lanes {
    const { nodes, width } = this.#spec;
    const node = nodes[index]!;
    if (node.kind === 'constant') return constantOf(this.#into, lanesOf(width), node);
    if (node.kind !== 'map') throw new Error(`internal: ${node.kind} is not computed here.`);
    const value = node.emit(
      node.args.map((arg) => this.of(arg)),
      this.#into,
      width,
    );
    return width === 2 && node.dtype === 'float32' ? rounded(value) : value;
  }
}

/** A constant in every lane, as lanes hold values of its dtype. */
function constantOf(
  into: Emission,
  type: FloatLanes,
  { dtype, value }: { readonly dtype: DType; readonly value: number },
): Lanes {
  if (dtype === 'bool') {
    return into.constant(type, type === 'f32x4' ? 'i32x4' : 'i64x2', value === 0 ? 0 : -1);
  }
  const whole = dtype === 'int32' || dtype === 'uint32';
  return whole && type === 'f32x4' ? into.constant(type, 'i32x4', value) : into.number(type, value);
}

/** Lanes of float64 rounded to float32. */
export const rounded = (value: Lanes): Lanes =>
  value.raw('f64x2', (code) => code.op('f32x4.demote_f64x2_zero', 'f64x2.promote_low_f32x4'));
