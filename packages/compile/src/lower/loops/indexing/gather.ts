import { bytesOf } from '../../../kernels/map/elements.ts';
import { nestOf } from '../../../kernels/map/nest.ts';
import { dense, type Layout } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { copyElements } from './copy.ts';
import { move, walk } from './walk.ts';

/** A layout of the index's shape in which the index decides along one axis, and not the place. */
export const indexed = ({ strides, offset }: Layout, index: Layout, axis: number): Layout => ({
  shape: index.shape,
  strides: strides.map((stride, k) => (k === axis ? 0 : stride)),
  offset,
});

/** Loads an index into a local, and returns 1 from the function unless it is below `size`. */
export function loadIndex(
  code: Code,
  pointer: number,
  offset: number,
  at: number,
  size: number,
): void {
  // A negative index is a large unsigned number.
  code.get(pointer).memory('i32.load', offset).tee(at).i32(size).op('i32.ge_u');
  code.if(() => code.i32(1).op('return'));
}

/** Leaves the address of an element that an index picks. */
export function pushPlace(code: Code, base: number, at: number, bytes: number): void {
  code.get(base).get(at).i32(bytes).op('i32.mul', 'i32.add');
}

/**
 * Element by element; where the index is the same for neighbours, as for whole rows, what it picks is
 * copied at once.
 */
export const gather: LoopEntry = /* @__PURE__ */ entry('gather', {
  kind: 'loop',
  layouts: 'any',
  fallible: true,
  emit: (writer, { inputs: [x, index], attrs: { axis } }) =>
    writer.function(['i32', 'i32', 'i32'], ['i32'], (code) => {
      const bytes = bytesOf(x!.dtype);
      const { shape, strides } = x!.layout;
      const size = shape[axis]!;
      const step = strides[axis]! * bytes;
      const places = index!.layout;
      const nest = nestOf([places, indexed(x!.layout, places, axis), dense(places.shape)]);
      move(code, 0, x!.layout.offset * bytes);
      move(code, 1, places.offset * 4);
      const at = code.local('i32');
      const pointers = [
        { local: 1, bytes: 4 },
        { local: 0, bytes },
        { local: 2, bytes },
      ];
      let outer = nest.sizes.length;
      while (outer > 0 && nest.strides[0]![outer - 1] === 0) outer -= 1;
      if (places.shape.includes(0)) {
        code.i32(0);
        return;
      }
      if (outer === nest.sizes.length) {
        walk(code, nest, pointers, 4, ([i, source, target]) => {
          loadIndex(code, 1, i!, at, size);
          code.get(2);
          pushPlace(code, 0, at, step);
          code.memory(bytes === 4 ? 'i32.load' : 'i64.load', source!);
          code.memory(bytes === 4 ? 'i32.store' : 'i64.store', target!);
        });
      } else {
        const row = code.local('i32');
        const inner = (i: number): Layout => ({
          shape: nest.sizes.slice(outer),
          strides: nest.strides[i]!.slice(outer),
          offset: 0,
        });
        const lines = {
          sizes: nest.sizes.slice(0, outer),
          strides: nest.strides.map((own) => own.slice(0, outer)),
        };
        walk(code, lines, pointers, 1, () => {
          loadIndex(code, 1, 0, at, size);
          pushPlace(code, 0, at, step);
          code.set(row);
          copyElements(
            code,
            bytes,
            { local: 2, layout: inner(2) },
            { local: row, layout: inner(1) },
          );
        });
      }
      code.i32(0);
    }),
});
