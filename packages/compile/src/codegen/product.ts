import type { Value } from '../graph/graph.ts';
import { Expression } from '../kernels/fused/expression.ts';
import { loopsOf, type Mover, move, outerLoops } from '../kernels/fused/loops.ts';
import { type Epilogue, emitGemm, type GemmSpec, packBytes } from '../kernels/gemm/index.ts';
import { bytesOf, lanesOf, loadRun, type Run, storeRun } from '../kernels/map/elements.ts';
import { dense } from '../layout/layout.ts';
import { Emission } from '../math/emission.ts';
import type { Lanes } from '../math/lanes.ts';
import { type Ending, endingOf, type Operand } from '../schedule/ending.ts';
import type { Unit } from '../schedule/fuse.ts';
import type { Places } from '../schedule/places.ts';
import { type Context, kernelStep, type Step } from './step.ts';

/** What the function of a product is given: where elements are read or written. */
type Given = Operand;

/** The step of a product of any number of matrices, and of what is done to its elements. */
export function productStep(
  context: Context,
  unit: Unit,
  places: Places,
  needed: (value: Value) => boolean,
): Step {
  const { writer, profile, lowerings } = context;
  const [equation, ...maps] = unit.equations;
  const product = equation!.outputs[0]!;
  const { shape, dtype } = product;
  const [a, b] = equation!.inputs.map((value) => places.of(value));
  const ending = endingOf(product, unit.epilogue, places, lowerings, needed);
  const { bias, results } = ending;
  const operands = ending.operands.filter((_, k) => k !== ending.argument);
  const strides = dense(shape).strides;
  const stored = results.map(({ value }): Given => ({ root: value, strides, offset: 0 }));
  const factors = [a!, b!].map(({ root, layout }): Given => ({ root, ...layout }));
  // A bias is the same row for all matrices.
  const row: Given[] =
    bias === null
      ? []
      : [{ root: bias.root, strides: shape.map(() => 0), offset: bias.layout.offset }];

  const rowsAndColumns = (own: readonly number[]): { row: number; column: number } => ({
    row: own.at(-2)!,
    column: own.at(-1)!,
  });
  const n = shape.at(-1)!;
  const pair: GemmSpec = {
    dtype: dtype === 'float64' ? 'float64' : 'float32',
    m: shape.at(-2)!,
    n,
    k: a!.layout.shape.at(-1)!,
    a: rowsAndColumns(a!.layout.strides),
    b: rowsAndColumns(b!.layout.strides),
    c: { row: n },
    profile,
    ...(bias === null ? {} : { bias: 'row' }),
    ...(ending.kernel === null ? {} : { epilogue: epilogueOf(ending, stored) }),
  };
  const one = emitGemm(writer, pair);
  const given = [...factors, ...row, ...operands, ...stored];
  const parameters = new Array<'i32'>(given.length + 1).fill('i32');
  const index = writer.function(parameters, [], (code) => {
    const batch = shape.slice(0, -2);
    if (batch.includes(0)) return;
    for (const [at, { root, offset }] of given.entries()) {
      move(code, at, offset * bytesOf(root.dtype));
    }
    const walks = given.map((operand) => operand.strides.slice(0, batch.length));
    const loops = loopsOf(batch, [...batch.keys()], walks);
    const movers = given.map(
      ({ root }, pointer): Mover => ({
        pointer,
        dtype: root.dtype,
        strides: [...loops.strides[pointer]!, 0],
      }),
    );
    const firstResult = given.length - stored.length;
    outerLoops(code, [...loops.sizes, 1], movers, false, () => {
      code.get(0).get(1).get(firstResult);
      if (bias === null) code.i32(0);
      else code.get(2);
      code.get(given.length);
      for (let at = 2 + row.length; at < given.length; at++) if (at !== firstResult) code.get(at);
      code.call(one);
    });
  });
  const sizes = [a!, b!].map(({ layout }) => `[${layout.shape.join(', ')}]`).join(' x ');
  return kernelStep(context, {
    index,
    inputs: [...factors, ...row, ...operands].map(({ root }) => root),
    outputs: stored.map(({ root }) => root),
    scratch: Math.max(16, packBytes(pair)),
    text: ['matmul', sizes, ...maps.map(({ primitive }) => primitive.name)].join(' '),
  });
}

/** The maps, as the product's kernel writes them: operands are the inputs, then the results but the first. */
function epilogueOf(
  { kernel, argument, operands, results }: Ending,
  stored: readonly Given[],
): Epilogue {
  const { spec } = kernel!;
  const { width, nodes } = spec;
  const [first, ...others] = results;
  const inputs = operands.filter((_, k) => k !== argument);
  const numbers = operands.map((operand) => inputs.indexOf(operand));
  const walked = [...inputs, ...stored.slice(1)];
  return {
    operands: walked.length,
    emit: (code, at) => {
      const into = new Emission(code);
      const element = into.argument(lanesOf(width));
      const runOf = (number: number): Run => {
        const { root, strides } = walked[number]!;
        const { dtype } = root;
        const across = { row: strides.at(-2)!, column: strides.at(-1)! };
        return { ...at.lane(number, across, bytesOf(dtype)), dtype, count: at.lanes };
      };
      const load = (index: number): Lanes | null => {
        const node = nodes[index]!;
        if (node.kind !== 'input') return null;
        if (node.input === argument) return element;
        return into.keep(loadRun(into, width, runOf(numbers[node.input]!)));
      };
      const expression = new Expression(spec, into, load);
      const lanesAt = (node: number): Lanes => (node < 0 ? element : expression.of(node));
      const values = [...others, first!].map(({ node }) => lanesAt(node));
      const scratch = into.take();
      into.putAll(values, (write, k) => {
        if (k === others.length) write();
        else storeRun(code, width, runOf(inputs.length + k), write, scratch);
      });
      into.release(scratch);
      into.done();
    },
  };
}
