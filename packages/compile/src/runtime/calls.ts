import { eager, type View } from '@tikhonov/core/engine';
import type { Call } from '../codegen/step.ts';
import { bytesOf } from '../kernels/map/elements.ts';
import { elementsAt, readElements, writeView } from './transfer.ts';

/** Runs an equation by its eager kernel, on what memory holds. Results may lie there, too. */
export function runCall(memory: WebAssembly.Memory, { equation, operands }: Call): readonly View[] {
  const views = operands.map(({ address, layout, value: { dtype } }): View => {
    const { shape, strides, offset } = layout;
    let [low, high] = [offset, offset];
    for (const [k, stride] of strides.entries()) {
      const reach = stride * Math.max(0, shape[k]! - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    const count = shape.includes(0) ? 0 : high - low + 1;
    const read = dtype === 'bool' ? readElements : elementsAt;
    const data = read(memory, dtype, address + low * bytesOf(dtype), count);
    return { data, dtype, shape, stride: strides, offset: offset - low };
  });
  const { primitive, attrs, inputs, outputs } = equation;
  return eager.run(primitive, views, attrs, outputs, inputs) as readonly View[];
}

/** As `runCall`; the results go where the program expects them. */
export function answerCall(memory: WebAssembly.Memory, call: Call): void {
  for (const [k, view] of runCall(memory, call).entries()) {
    writeView(memory, call.results[k]!.address, view);
  }
}
