import { sizeOf } from '../../../layout/layout.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { clearRun } from './copy.ts';
import { gatherWindows } from './gather-windows.ts';
import { scatterWindows } from './scatter-windows.ts';
import { move } from './walk.ts';
import { gathers, type Windows, windowsOf } from './windows.ts';

/** Only sums that are scattered over a plane, and are wider than its elements, are kept apart. */
const scratchOf = (windows: Windows): number =>
  windows.dtype === 'float32' && !windows.empty && !gathers(windows)
    ? windows.axes.reduce((size, { extent }) => size * extent, 8)
    : 0;

/** Sums begin with 0, are float64 for floats, and are added up in the eager order. */
export const sumWindows: LoopEntry = /* @__PURE__ */ entry('sumWindows', {
  kind: 'loop',
  layouts: 'any',
  scratch: (spec) => scratchOf(windowsOf(spec)),
  emit: (writer, spec) => {
    const windows = windowsOf(spec);
    const { bytes, empty } = windows;
    const parameters = new Array<'i32'>(scratchOf(windows) > 0 ? 3 : 2).fill('i32');
    return writer.function(parameters, [], (code) => {
      move(code, 0, spec.inputs[0]!.layout.offset * bytes);
      if (empty) clearRun(code, 1, sizeOf(spec.outputs[0]!.shape) * bytes);
      else if (gathers(windows)) gatherWindows(code, windows);
      else scatterWindows(code, windows);
    });
  },
});
