import { dense } from '../../../layout/layout.ts';
import {
  defineLoop,
  eachLeading,
  type FloatElements,
  type I32,
  type Kernel,
} from '../../../loops/index.ts';
import type { LoopRule, LoopSpec } from '../../rule.ts';

/** A float64 matrix in memory, row-major with `columns` elements in a row. */
export const matrix = (k: Kernel, address: I32, columns: I32 | number): FloatElements =>
  k.floats(address, 'float64', { strides: [columns, 1] });

/** Adjacent float64 elements in memory. */
export const vector = (k: Kernel, address: I32): FloatElements =>
  k.floats(address, 'float64', { strides: [1] });

/** One matrix of a stack, for which a kernel is written. */
export interface Site<Attrs, Part extends string> {
  readonly spec: LoopSpec<Attrs>;
  /** Addresses of the operands' parts that belong to this matrix. */
  readonly inputs: readonly I32[];
  readonly outputs: readonly I32[];
  /** Addresses of float64 scratch elements. */
  readonly parts: Readonly<Record<Part, I32>>;
}

/** Rows and columns of the first operand. */
export const sizesOf = ({ inputs }: LoopSpec<unknown>): readonly [m: number, n: number] =>
  inputs[0]!.layout.shape.slice(-2) as [number, number];

/**
 * The rule of an operation on stacks of matrices, whose operands begin with the same batch axes.
 *
 * @param parts  how many float64 elements each part of the scratch memory has
 * @param body  writes what is to be done for one matrix
 */
export function stackRule<Attrs, Part extends string>(
  parts: (spec: LoopSpec<Attrs>) => Readonly<Record<Part, number>>,
  body: (k: Kernel, site: Site<Attrs, Part>) => void,
): LoopRule<Attrs> {
  const sizes = (spec: LoopSpec<Attrs>): [Part, number][] =>
    Object.entries<number>(parts(spec)) as [Part, number][];
  const scratch = (spec: LoopSpec<Attrs>): number =>
    sizes(spec).reduce((bytes, [, count]) => bytes + 8 * count, 0);
  return {
    kind: 'loop',
    layouts: 'dense',
    scratch,
    emit: (writer, spec) =>
      defineLoop(writer, spec, { scratch: scratch(spec) }, (k, addresses) => {
        let at = 0;
        const regions = {} as Record<Part, I32>;
        for (const [part, count] of sizes(spec)) {
          regions[part] = k.i32(addresses.scratch.add(at));
          at += 8 * count;
        }
        const results = spec.outputs.map(({ shape, dtype }) => ({ dtype, layout: dense(shape) }));
        const operands = [...spec.inputs, ...results];
        const all = [...addresses.inputs, ...addresses.outputs];
        eachLeading(
          k,
          spec.inputs[0]!.layout.shape.length - 2,
          operands.map((operand, i) => ({ ...operand, address: all[i]! })),
          (...own) => {
            body(k, {
              spec,
              inputs: own.slice(0, spec.inputs.length),
              outputs: own.slice(spec.inputs.length),
              parts: regions,
            });
          },
        );
      }),
  };
}
