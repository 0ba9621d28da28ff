import { dense } from '../../../layout/layout.ts';
import { entry, type LoopEntry } from '../entry.ts';
import { copyElements } from './copy.ts';
import { type Scatter, scatterOf } from './scatter.ts';
import { scatterElements } from './scatter-elements.ts';
import { scatterRows } from './scatter-rows.ts';
import { move } from './walk.ts';

/** Scratch bytes: sums for the places of a line, or for rows two lists of indices. Only float32 needs any. */
function scratchOf({ dtype, size, picks, row }: Scatter): number {
  if (dtype !== 'float32') return 0;
  return row === null ? size * 8 : (size + picks) * 4;
}

/** The base is copied, then added to. float32 is added up in float64 and rounded once for every place. */
export const scatterAdd: LoopEntry = /* @__PURE__ */ entry('scatterAdd', {
  kind: 'loop',
  layouts: 'any',
  fallible: true,
  scratch: (spec) => scratchOf(scatterOf(spec)),
  emit: (writer, spec) => {
    const {
      inputs: [base, index, source],
    } = spec;
    const scatter = scatterOf(spec);
    const parameters = new Array<'i32'>(scratchOf(scatter) > 0 ? 5 : 4).fill('i32');
    return writer.function(parameters, ['i32'], (code) => {
      const { bytes, row } = scatter;
      const result = dense(base!.layout.shape);
      move(code, 0, base!.layout.offset * bytes);
      move(code, 1, index!.layout.offset * 4);
      move(code, 2, source!.layout.offset * bytes);
      copyElements(code, bytes, { local: 3, layout: result }, { local: 0, layout: base!.layout });
      if (!index!.layout.shape.includes(0)) {
        if (row === null) scatterElements(code, scatter);
        else scatterRows(code, scatter, row);
      }
      code.i32(0);
    });
  },
});
