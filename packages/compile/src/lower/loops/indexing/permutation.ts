import { defineLoop } from '../../../loops/index.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { streams, threefry } from '../random/threefry.ts';

/** Exchanges from the last element down, each with one up to it that 53 random bits choose. */
export const permutation: LoopEntry = /* @__PURE__ */ entry('permutation', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, spec) => {
    const {
      attrs: { n },
    } = spec;
    const draw = threefry(writer);
    return defineLoop(writer, spec, {}, (k, { inputs: [key], outputs: [out] }) => {
      const { offset, strides } = spec.inputs[0]!.layout;
      const words = k.ints(key!, 'uint32', { offset, strides });
      const order = k.ints(out!, 'int32', { strides: [1] });
      const [key0, key1] = [k.i32(words.get(0)), k.i32(words.get(1))];
      const [first, second] = [k.i32(), k.i32()];
      k.for(0, n, (i) => order.set(i, i));
      k.for(
        n - 1,
        0,
        (i) => {
          for (const word of [key0, key1, i]) word.write(k);
          k.code.i32(streams.shuffle).call(draw).set(second.local).set(first.local);
          const high = first
            .shrU(5)
            .toF64U()
            .mul(2 ** 26);
          const u = high.add(second.shrU(6).toF64U()).div(2 ** 53);
          const j = k.i32(u.mul(i.add(1).toF64()).floor().toI32());
          const kept = k.i32(order.get(i));
          order.set(order.get(j), i);
          order.set(kept, j);
        },
        -1,
      );
    });
  },
});
