import type { DType, Shape } from '@tikhonov/core';
import { dense, type Layout } from '../../layout/layout.ts';
import { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';
import type { ModuleWriter } from '../../wasm/module.ts';
import { bytesOf, loadRun, type Run, storeRun, type Width } from './elements.ts';
import { type Nest, nestOf } from './nest.ts';

/** Elements that a map reads: for every element of the result one. */
export interface MapInput {
  readonly dtype: DType;
  readonly layout: Layout;
}

/** Results that are made element by element, all of one shape. */
export interface MapSpec {
  readonly shape: Shape;
  readonly width: Width;
  readonly inputs: readonly MapInput[];
  /** Dtypes of the results, which are dense. */
  readonly outputs: readonly DType[];
  /** The results of the inputs; what they have in common is computed once. */
  readonly body: (inputs: readonly Lanes[], into: Emission) => readonly Lanes[];
}

/**
 * Writes a map as a function of the addresses of its inputs' storage and of its results, and returns
 * its index. A result may take the place of an input of the same dtype that is dense.
 */
export function emitMap(writer: ModuleWriter, spec: MapSpec): number {
  const { shape, inputs, outputs } = spec;
  const parameters = new Array<'i32'>(inputs.length + outputs.length).fill('i32');
  return writer.function(parameters, [], (code) => {
    if (shape.includes(0)) return;
    const nest = nestOf([
      ...inputs.map(({ layout }) => layout),
      ...outputs.map(() => dense(shape)),
    ]);
    for (const [i, { dtype, layout }] of inputs.entries()) {
      if (layout.offset !== 0) {
        code
          .get(i)
          .i32(layout.offset * bytesOf(dtype))
          .op('i32.add')
          .set(i);
      }
    }
    loops(code, spec, nest);
  });
}

/** Dtypes of all operands, inputs first. */
const dtypesOf = ({ inputs, outputs }: MapSpec): readonly DType[] => [
  ...inputs.map(({ dtype }) => dtype),
  ...outputs,
];

/** The loops around the innermost one. Each moves the addresses to where its next turn begins. */
function loops(code: Code, spec: MapSpec, nest: Nest): void {
  const dtypes = dtypesOf(spec);
  const inner = nest.sizes.length - 1;
  const visit = (axis: number): void => {
    if (axis === inner) {
      innermost(code, spec, nest);
      return;
    }
    const left = code.local('i32');
    code.i32(nest.sizes[axis]!).set(left);
    code.loop((again) => {
      visit(axis + 1);
      for (const [i, dtype] of dtypes.entries()) {
        const own = nest.strides[i]!;
        const walked = own[axis + 1]! * nest.sizes[axis + 1]!;
        move(code, i, (own[axis]! - walked) * bytesOf(dtype));
      }
      code.get(left).i32(1).op('i32.sub').tee(left);
      again(true);
    });
  };
  visit(0);
}

/** The innermost loop, whole vectors first, then what is left. The addresses end behind it. */
function innermost(code: Code, spec: MapSpec, nest: Nest): void {
  const { width } = spec;
  const dtypes = dtypesOf(spec);
  const n = nest.sizes.at(-1)!;
  const strides = nest.strides.map((own) => own.at(-1)!);
  const whole = Math.floor(n / width);
  const step = (count: number): void => {
    vector(code, spec, strides, count);
    for (const [i, dtype] of dtypes.entries()) move(code, i, strides[i]! * count * bytesOf(dtype));
  };
  if (whole === 1) step(width);
  else if (whole > 1) {
    const left = code.local('i32');
    code.i32(whole).set(left);
    code.loop((again) => {
      step(width);
      code.get(left).i32(1).op('i32.sub').tee(left);
      again(true);
    });
  }
  if (n % width > 0) step(n % width);
}

/** One vector of every result. */
function vector(code: Code, spec: MapSpec, strides: readonly number[], count: number): void {
  const { width, inputs, outputs } = spec;
  const into = new Emission(code);
  const run = (dtype: DType, i: number): Run => ({ dtype, pointer: i, stride: strides[i]!, count });
  const loaded = inputs.map(({ dtype }, i) => into.keep(loadRun(into, width, run(dtype, i))));
  const scratch = into.take();
  into.putAll(spec.body(loaded, into), (write, k) => {
    storeRun(code, width, run(outputs[k]!, inputs.length + k), write, scratch);
  });
  into.release(scratch);
  into.done();
}

function move(code: Code, pointer: number, bytes: number): void {
  if (bytes !== 0) code.get(pointer).i32(bytes).op('i32.add').set(pointer);
}
