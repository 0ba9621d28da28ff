import type { ModuleWriter } from '../../wasm/module.ts';
import { bytesOf } from '../map/elements.ts';
import { emitColumns } from './columns.ts';
import { levelsOf } from './levels.ts';
import { move } from './loops.ts';
import { emitRows } from './rows.ts';
import type { FusedSpec } from './spec.ts';

/** Rows up to this long are better taken side by side; with more to do once per row, up to the other. */
const shortRow = 12;
const shortDearRow = 24;
/** At least so many of them. */
const manyRows = 16;

/**
 * Whether there are many rows of few elements: vectors along them would be half empty, and most of the
 * time would go to what is done once per row.
 */
function hasShortRows(spec: FusedSpec): boolean {
  const { axes, reduced, nodes } = spec;
  let [length, rows] = [1, 1];
  for (const [k, n] of axes.entries()) {
    if (reduced[k]) length *= n;
    else rows *= n;
  }
  if (rows < manyRows || length > shortDearRow) return false;
  if (length <= shortRow) return true;
  const { level } = levelsOf(spec);
  return nodes.some((node, k) =>
    node.kind === 'reduce'
      ? node.op === 'max'
      : node.kind === 'map' && node.dear && level[k] === 'row',
  );
}

/**
 * Writes a fused kernel as a function of the addresses of its inputs' storage and of its results, and
 * returns its index. Results overlap nothing else.
 */
export function emitFused(writer: ModuleWriter, spec: FusedSpec): number {
  const operands = [...spec.inputs, ...spec.outputs];
  return writer.function(new Array<'i32'>(operands.length).fill('i32'), [], (code) => {
    for (const [i, { dtype, offset }] of operands.entries()) move(code, i, offset * bytesOf(dtype));
    const reduces = spec.nodes.some(({ kind }) => kind === 'reduce');
    if (reduces && (spec.columns || hasShortRows(spec))) emitColumns(code, spec);
    else emitRows(code, spec);
  });
}
