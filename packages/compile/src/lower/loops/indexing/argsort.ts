import { bytesOf } from '../../../kernels/map/elements.ts';
import { dense, type Layout } from '../../../layout/layout.ts';
import {
  defineLoop,
  eachLeading,
  type I32,
  type I64Variable,
  type Kernel,
} from '../../../loops/index.ts';
import type { Operand } from '../../rule.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { sortFunction } from './merge-sort.ts';
import { axesBut } from './walk.ts';

/** Scratch bytes for a line: keys, and twice their order. */
const scratchOf = (length: number): number => length * 16;

/**
 * Line by line. Elements are sorted by integers in their order, -0 as 0 and NaN above all else, so that
 * one sort does for every dtype; reversed integers in a stable ascending sort are a stable descending one.
 */
export const argsort: LoopEntry = /* @__PURE__ */ entry('argsort', {
  kind: 'loop',
  layouts: 'any',
  scratch: ({ inputs: [x], attrs: { axis } }) => scratchOf(x!.layout.shape[axis]!),
  emit: (writer, spec) => {
    const { axis, descending } = spec.attrs;
    const x = spec.inputs[0]!;
    const { dtype, layout } = x;
    const length = layout.shape[axis]!;
    const result = dense(layout.shape);
    const sort = sortFunction(writer);
    return defineLoop(writer, spec, { scratch: scratchOf(length) }, (k, addresses) => {
      if (layout.shape.includes(0)) return;
      const keys = addresses.scratch;
      const order = k.i32(keys.add(length * 8));
      const stored = k.ints(order, 'int32', { strides: [1] });
      const operands = [
        { address: addresses.inputs[0]!, dtype, layout: endingWith(layout, axis) },
        { address: addresses.outputs[0]!, dtype: 'int32', layout: endingWith(result, axis) },
      ] as const;
      eachLeading(k, layout.shape.length - 1, operands, (from, to) => {
        const element = k.i32(from!);
        k.for(0, length, (i) => {
          const key = keyOf(k, x, element);
          if (descending) key.set(key.xor(-1n));
          keys.add(i.mul(8)).write(k);
          key.write(k);
          k.code.memory('i64.store', 0);
          stored.set(i, i);
          element.set(element.add(layout.strides[axis]! * bytesOf(dtype)));
        });
        const sorted = k.ints(k.call(sort, keys, order, length), 'int32', { strides: [1] });
        const target = k.ints(to!, 'int32', { strides: [result.strides[axis]!] });
        k.for(0, length, (i) => target.set(sorted.get(i), i));
      });
    });
  },
});

/** The layout with one axis behind the others. */
function endingWith({ shape, strides, offset }: Layout, axis: number): Layout {
  const order = [...axesBut(shape.length, axis), axis];
  return { shape: order.map((k) => shape[k]!), strides: order.map((k) => strides[k]!), offset };
}

/** An element as an integer that compares as it does. */
function keyOf(k: Kernel, { dtype }: Operand, address: I32): I64Variable {
  if (dtype !== 'float32' && dtype !== 'float64') {
    const word = k.ints(address, dtype, { strides: [] }).get();
    // A true mask is the largest unsigned number.
    return k.i64(dtype === 'int32' ? word.toI64() : word.toI64U());
  }
  const value = k.f64(k.floats(address, dtype, { strides: [] }).get());
  // Adding 0 makes -0 a 0.
  const key = k.i64(value.add(0).bits());
  key.set(key.xor(key.shr(63n).shrU(1n)));
  k.if(value.ne(value), () => key.set(2n ** 63n - 1n));
  return key;
}
