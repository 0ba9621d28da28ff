import { Emission } from '../../math/emission.ts';
import type { Lanes } from '../../math/lanes.ts';
import type { Code } from '../../wasm/code.ts';
import { loadRun, type Run, storeRun } from '../map/elements.ts';
import { Expression } from './expression.ts';
import { type Levels, levelsOf } from './levels.ts';
import { loopsOf, type Mover, outerLoops, vectorLine } from './loops.ts';
import { Accumulator } from './reductions.ts';
import type { FusedSpec } from './spec.ts';

/**
 * Writes a kernel whose vectors run along the innermost kept axis: every lane is a reduction of its own,
 * and what is computed from the results has lanes likewise. Nothing that depends on a reduction may be
 * used at every element.
 */
export function emitColumns(code: Code, spec: FusedSpec): void {
  const levels = levelsOf(spec);
  const { axes, reduced, width, inputs, outputs } = spec;
  const walks = [...inputs, ...outputs];
  const strides = walks.map((walk) => walk.strides);
  const pick = (over: boolean): number[] =>
    axes.flatMap((_, k) => (reduced[k] === over ? [k] : []));
  const kept = loopsOf(axes, pick(false), strides);
  const over = loopsOf(axes, pick(true), strides);
  const movers = walks.map(({ dtype }, i): Mover => {
    return { pointer: i, dtype, strides: kept.strides[i]! };
  });
  outerLoops(code, kept.sizes, movers, true, () => {
    vectorLine(code, kept.sizes.at(-1)!, width, 1, movers, (count) => {
      block(code, spec, levels, movers, over, count);
    });
  });
}

/** The reductions of a vector's worth of columns. */
function block(
  code: Code,
  spec: FusedSpec,
  { level, stored, phase }: Levels,
  kept: readonly Mover[],
  over: { readonly sizes: readonly number[]; readonly strides: readonly (readonly number[])[] },
  count: number,
): void {
  const { width, inputs, outputs, nodes } = spec;
  const into = new Emission(code);
  const runOf = (operand: number, pointer: number): Run => {
    const { dtype, strides } = kept[operand]!;
    return { dtype, pointer, stride: strides.at(-1)!, count };
  };
  const rows = new Map<number, Lanes>();
  const loadRow = (index: number): Lanes | null => {
    const node = nodes[index]!;
    return node.kind === 'input' ? loadRun(into, width, runOf(node.input, node.input)) : null;
  };
  const keepRows = (when: number): void => {
    for (const [index, node] of nodes.entries()) {
      if (level[index] === 'element' || phase[index] !== when || node.kind === 'reduce') continue;
      if (node.kind === 'constant') continue;
      rows.set(index, into.keep(new Expression(spec, into, loadRow, rows).of(index)));
    }
  };
  keepRows(0);
  const found = nodes.flatMap((node, index) =>
    node.kind === 'reduce' ? [{ ...node, index }] : [],
  );
  const storedHere = outputs.flatMap((_, k) => (stored[k] === 'element' ? [k] : []));
  const sums = found.map(
    ({ op, dtype, unsigned = false }) => new Accumulator(into, { op, dtype, unsigned }, width),
  );
  const movers = kept.map(({ dtype }, i): Mover => {
    const pointer = code.local('i32');
    code.get(i).set(pointer);
    return { pointer, dtype, strides: [...over.strides[i]!, 0] };
  });
  outerLoops(code, [...over.sizes, 1], movers, false, () => {
    const body = new Emission(code);
    const load = (index: number): Lanes | null => {
      const node = nodes[index]!;
      if (node.kind !== 'input') return null;
      return body.keep(loadRun(body, width, runOf(node.input, movers[node.input]!.pointer)));
    };
    const expression = new Expression(spec, body, load, rows);
    const values = [
      ...storedHere.map((k) => expression.of(outputs[k]!.node)),
      ...found.map(({ arg }) => expression.of(arg)),
    ];
    const scratch = body.take();
    body.putAll(values, (write, at) => {
      const k = storedHere[at];
      if (k === undefined) {
        write();
        // Lanes beyond the count are never stored.
        sums[at - storedHere.length]!.add(width);
        return;
      }
      const operand = inputs.length + k;
      storeRun(code, width, runOf(operand, movers[operand]!.pointer), write, scratch);
    });
    body.release(scratch);
    body.done();
  });
  for (const [k, { index }] of found.entries()) rows.set(index, sums[k]!.apart());
  keepRows(1);
  for (const [k, { node }] of outputs.entries()) {
    if (stored[k] === 'element') continue;
    const scratch = into.take();
    const value = rows.get(node) ?? new Expression(spec, into, loadRow, rows).of(node);
    const operand = inputs.length + k;
    storeRun(code, width, runOf(operand, operand), () => into.put(value), scratch);
    into.release(scratch);
  }
  into.done();
}
