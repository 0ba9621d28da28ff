import { nestOf } from '../../../kernels/map/nest.ts';
import { dense } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import { clearRun } from './copy.ts';
import { addSums, loadSum, storeSum } from './sums.ts';
import { times, walk } from './walk.ts';
import type { Windows } from './windows.ts';

/** Adds every element to its place: for windows whose elements do not simply meet. */
export function scatterWindows(code: Code, windows: Windows): void {
  const { dtype, bytes, lead, axes, windowsFirst } = windows;
  const plane = dense(axes.map(({ extent }) => extent)).strides;
  const size = axes.reduce((n, { extent }) => n * extent, 1);
  const apart = dtype === 'float32';
  const sums = apart ? 2 : 1;
  const sumBytes = apart ? 8 : bytes;
  const over = {
    windows: axes.map((axis, k) => [axis.count, plane[k]! * axis.stride, axis.byWindow / bytes]),
    elements: axes.map((axis, k) => [axis.size, plane[k]! * axis.dilation, axis.byElement / bytes]),
  };
  const loops = windowsFirst
    ? [...over.windows, ...over.elements]
    : [...over.elements, ...over.windows];
  const nest = {
    sizes: loops.map(([n]) => n!),
    strides: [loops.map(([, to]) => to!), loops.map(([, , from]) => from!)],
  };
  const planes = nestOf([lead, dense(lead.shape)]);
  const outer = {
    sizes: planes.sizes,
    strides: [planes.strides[0]!, planes.strides[1]!.map((stride) => stride * size)],
  };
  const pointers = [
    { local: 0, bytes },
    { local: 1, bytes },
  ];
  walk(code, outer, pointers, 1, () => {
    clearRun(code, sums, size * sumBytes);
    const places = [
      { local: sums, bytes: sumBytes },
      { local: 0, bytes },
    ];
    const type = apart ? 'float64' : dtype;
    walk(code, nest, places, 4, ([to, from]) => {
      code.get(sums);
      loadSum(code, type, sums, to!);
      loadSum(code, dtype, 0, from!);
      addSums(code, dtype);
      storeSum(code, type, to!);
    });
    if (!apart) return;
    const [sum, result] = [code.local('i32'), code.local('i32')];
    code.get(2).set(sum).get(1).set(result);
    times(code, size, () => {
      code.get(result).get(sum).memory('f64.load', 0);
      storeSum(code, 'float32', 0);
      for (const [local, by] of [
        [sum, 8],
        [result, 4],
      ] as const) {
        code.get(local).i32(by).op('i32.add').set(local);
      }
    });
  });
}
