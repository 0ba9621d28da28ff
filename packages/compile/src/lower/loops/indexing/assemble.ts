import { bytesOf } from '../../../kernels/map/elements.ts';
import { dense, type Layout, sizeOf } from '../../../layout/layout.ts';
import type { Code } from '../../../wasm/code.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { clearRun, copyElements } from './copy.ts';
import { move, times } from './walk.ts';

/** Every part is copied into its window of the result. */
export const concat: LoopEntry = /* @__PURE__ */ entry('concat', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, { inputs, outputs: [out], attrs: { axis } }) => {
    const target = inputs.length;
    return writer.function(new Array<'i32'>(target + 1).fill('i32'), [], (code) => {
      const { strides } = dense(out!.shape);
      for (const [i, { dtype, layout }] of inputs.entries()) {
        const bytes = bytesOf(dtype);
        move(code, i, layout.offset * bytes);
        const window = { shape: layout.shape, strides, offset: 0 };
        copyElements(code, bytes, { local: target, layout: window }, { local: i, layout });
        move(code, target, layout.shape[axis]! * strides[axis]! * bytes);
      }
    });
  },
});

/** The result is written in its order: zeros, runs of the input, zeros. */
export const pad: LoopEntry = /* @__PURE__ */ entry('pad', {
  kind: 'loop',
  layouts: 'any',
  emit: (writer, { inputs: [x], outputs: [out], attrs: { low, high, interior } }) =>
    writer.function(['i32', 'i32'], [], (code) => {
      const bytes = bytesOf(x!.dtype);
      const { layout } = x!;
      const { shape } = layout;
      const whole = sizeOf(out!.shape) * bytes;
      if (shape.includes(0)) {
        clearRun(code, 1, whole);
        return;
      }
      move(code, 0, layout.offset * bytes);
      if (interior.some((n, k) => n > 0 && shape[k]! > 1)) {
        clearRun(code, 1, whole);
        const { strides } = dense(out!.shape);
        move(code, 1, strides.reduce((at, stride, k) => at + stride * low[k]!, 0) * bytes);
        const spread = strides.map((stride, k) => stride * (interior[k]! + 1));
        copyElements(
          code,
          bytes,
          { local: 1, layout: { shape, strides: spread, offset: 0 } },
          { local: 0, layout },
        );
        return;
      }
      padded(code, bytes, mergedAxes(layout, low, high));
    }),
});

/** An axis of the result: zeros, the input's elements, zeros, all counted in elements of the result. */
interface PaddedAxis {
  readonly n: number;
  /** The input's. */
  readonly stride: number;
  readonly low: number;
  readonly high: number;
}

/** Axes from outside in; one without padding is part of that around it where the input's strides allow. */
function mergedAxes(
  { shape, strides }: Layout,
  low: readonly number[],
  high: readonly number[],
): PaddedAxis[] {
  const axes: PaddedAxis[] = [];
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    const n = shape[k]!;
    const own = { n, stride: strides[k]!, low: low[k]! * step, high: high[k]! * step };
    const inner = axes[0];
    step *= low[k]! + n + high[k]!;
    if (inner !== undefined && inner.low + inner.high === 0) {
      if (n === 1) {
        axes[0] = { ...inner, low: own.low, high: own.high };
        continue;
      }
      if (inner.n === 1 || own.stride === inner.stride * inner.n) {
        const { stride } = inner.n === 1 ? own : inner;
        axes[0] = { ...own, n: n * inner.n, stride };
        continue;
      }
    }
    axes.unshift(own);
  }
  return axes;
}

/** Writes the result from its start; locals 0 and 1 are the addresses of input and result. */
function padded(code: Code, bytes: 4 | 8, axes: readonly PaddedAxis[]): void {
  const zeros = (count: number): void => {
    clearRun(code, 1, count * bytes);
    move(code, 1, count * bytes);
  };
  const visit = (depth: number): void => {
    const axis = axes[depth]!;
    zeros(axis.low);
    if (depth < axes.length - 1) {
      times(code, axis.n, () => {
        visit(depth + 1);
        move(code, 0, axis.stride * bytes);
      });
      move(code, 0, -axis.n * axis.stride * bytes);
    } else {
      const row = { shape: [axis.n], strides: [axis.stride], offset: 0 };
      copyElements(code, bytes, { local: 1, layout: dense([axis.n]) }, { local: 0, layout: row });
      move(code, 1, axis.n * bytes);
    }
    zeros(axis.high);
  };
  if (axes.length > 0) visit(0);
  else copyElements(code, bytes, { local: 1, layout: dense([]) }, { local: 0, layout: dense([]) });
}
