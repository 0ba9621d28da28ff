import { type Callable, defineFunction, type I32, type I64, shared } from '../../../loops/index.ts';
import type { ModuleWriter } from '../../../wasm/module.ts';

/** Runs of this length are sorted by insertion, which beats merging there. */
const run = 16;

/**
 * The module's stable sort of positions by their keys, `(keys, order, length) -> sorted`: keys are
 * integers of 64 bits, positions of 32. Behind the positions there is room for as many more, and the
 * result is the address of one or the other.
 */
export const sortFunction = (writer: ModuleWriter): Callable<['i32', 'i32', 'i32'], 'i32'> =>
  shared(writer, 'merge sort', () =>
    defineFunction(writer, ['i32', 'i32', 'i32'], 'i32', (k, keys, order, length) => {
      const keyAt = (position: I32): I64 =>
        k.expression('i64', () => {
          keys.add(position.shl(3)).write(k);
          k.code.memory('i64.load', 0);
        });
      const positions = k.ints(order, 'int32', { strides: [1] });
      k.for(
        0,
        length,
        (start) => {
          const next = k.i32(start.add(run));
          const stop = k.i32(next.lt(length).select(next, length));
          k.for(start.add(1), stop, (i) => {
            const item = k.i32(positions.get(i));
            const key = k.i64(keyAt(item));
            const at = k.i32(i);
            k.while(
              () => at.gt(start).andThen(key.lt(keyAt(positions.get(at.sub(1))))),
              () => positions.set(positions.get(at.sub(1)), at),
              () => at.set(at.sub(1)),
            );
            positions.set(item, at);
          });
        },
        run,
      );
      const from = k.i32(order);
      const into = k.i32(order.add(length.shl(2)));
      const width = k.i32(run);
      const source = k.ints(from, 'int32', { strides: [1] });
      const target = k.ints(into, 'int32', { strides: [1] });
      const [left, right, middle, high] = [k.i32(), k.i32(), k.i32(), k.i32()];
      const [start, at, item, other, takeRight] = [k.i32(), k.i32(), k.i32(), k.i32(), k.i32()];
      k.while(
        () => width.lt(length),
        () => {
          start.set(0);
          k.while(
            () => start.lt(length),
            () => {
              left.set(start);
              middle.set(start.add(width));
              middle.set(middle.lt(length).select(middle, length));
              right.set(middle);
              high.set(middle.add(width));
              high.set(high.lt(length).select(high, length));
              at.set(start);
              k.while(
                () => left.lt(middle).and(right.lt(high)),
                () => {
                  item.set(source.get(left));
                  other.set(source.get(right));
                  // Of equals the left one comes first. A branch would be guessed wrong half of the time.
                  takeRight.set(keyAt(other).lt(keyAt(item)));
                  target.set(takeRight.select(other, item), at);
                  right.set(right.add(takeRight));
                  left.set(left.add(1).sub(takeRight));
                  at.set(at.add(1));
                },
              );
              const rest = k.i32(middle.sub(left));
              k.copy(into.add(at.shl(2)), from.add(left.shl(2)), rest.shl(2));
              at.set(at.add(rest));
              k.copy(into.add(at.shl(2)), from.add(right.shl(2)), high.sub(right).shl(2));
              start.set(high);
            },
          );
          other.set(from);
          from.set(into);
          into.set(other);
          width.set(width.shl(1));
        },
      );
      return from;
    }),
  );
