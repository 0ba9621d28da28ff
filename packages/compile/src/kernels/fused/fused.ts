import type { ModuleWriter } from '../../wasm/module.ts';
import { bytesOf } from '../map/elements.ts';
import { emitColumns } from './columns.ts';
import { move } from './loops.ts';
import { emitRows } from './rows.ts';
import type { FusedSpec } from './spec.ts';

/**
 * Writes a fused kernel as a function of the addresses of its inputs' storage and of its results, and
 * returns its index. Results overlap nothing else.
 */
export function emitFused(writer: ModuleWriter, spec: FusedSpec): number {
  const operands = [...spec.inputs, ...spec.outputs];
  return writer.function(new Array<'i32'>(operands.length).fill('i32'), [], (code) => {
    for (const [i, { dtype, offset }] of operands.entries()) move(code, i, offset * bytesOf(dtype));
    const reduces = spec.nodes.some(({ kind }) => kind === 'reduce');
    if (spec.columns && reduces) emitColumns(code, spec);
    else emitRows(code, spec);
  });
}
