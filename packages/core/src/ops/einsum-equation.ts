import type { Shape } from '@tikhonov/array';
import { ShapeError, showShape } from '../errors.ts';

/** An equation with a name for every axis: letters, and `.0`, `.1`, ... for those of an ellipsis. */
export interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

interface Operand {
  readonly shape: Shape;
}

const list = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/;

/** Reads an equation for operands of the given shapes. */
export function parseEquation(equation: string, operands: readonly Operand[]): Equation {
  const text = equation.replace(/\s+/g, '');
  const [left, right, ...more] = text.split('->') as [string, ...string[]];
  const terms = left.split(',');
  const bad = [...terms, ...(right === undefined ? [] : [right])].find((term) => !list.test(term));
  if (bad !== undefined || more.length > 0) {
    throw unreadable(
      equation,
      bad === undefined
        ? "has more than one '->'"
        : `has '${bad}', which is not letters with at most one '...'`,
    );
  }
  if (terms.length !== operands.length) {
    throw new TypeError(
      `einsum: '${equation}' has ${terms.length} lists of letters, but there are ${operands.length} operands (shapes ${shapes(operands)}).`,
    );
  }
  const extra = terms.map((term, k) => ellipsisRank(equation, term, k, operands[k]!.shape));
  const widest = Math.max(0, ...extra);
  // Ellipses align at their last axis.
  const expand = (term: string, rank: number): string[] => {
    const [before, after] = term.split('...') as [string, string?];
    if (after === undefined) return [...before];
    const dots = Array.from({ length: rank }, (_, k) => `.${widest - rank + k}`);
    return [...before, ...dots, ...after];
  };
  const inputs = terms.map((term, k) => expand(term, extra[k]!));
  const output = right === undefined ? implicitOutput(inputs, widest) : expand(right, widest);
  requireOutput(equation, inputs, output);
  return { inputs, output };
}

const unreadable = (equation: string, why: string): RangeError =>
  new RangeError(
    `einsum: '${equation}' ${why}.\n  Write it as in 'bij,bjk->bik' or '...i,i->...'.`,
  );

const shapes = (operands: readonly Operand[]): string =>
  operands.map(({ shape }) => showShape(shape)).join(', ');

/** How many axes the ellipsis of an operand stands for. */
function ellipsisRank(equation: string, term: string, operand: number, shape: Shape): number {
  const letters = term.replace('...', '').length;
  const dots = term.includes('...');
  if (dots ? shape.length < letters : shape.length !== letters) {
    throw new ShapeError(
      `einsum: '${term}' of '${equation}' names ${dots ? 'at least ' : ''}${letters} axes, but operand ${operand} has shape ${showShape(shape)} of rank ${shape.length}.`,
    );
  }
  return shape.length - letters;
}

function implicitOutput(inputs: readonly (readonly string[])[], widest: number): string[] {
  const all = inputs.flat();
  const once = all.filter(
    (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
  );
  return [...Array.from({ length: widest }, (_, k) => `.${k}`), ...once.sort()];
}

function requireOutput(
  equation: string,
  inputs: readonly (readonly string[])[],
  output: readonly string[],
): void {
  const known = new Set(inputs.flat());
  const unknown = output.find((label) => !known.has(label));
  if (unknown !== undefined) {
    throw unreadable(equation, `has '${unknown}' in the output, but in no operand`);
  }
  const twice = output.find((label, k) => output.indexOf(label) !== k);
  if (twice !== undefined) throw unreadable(equation, `has '${twice}' twice in the output`);
  const dots = [...known].some((label) => label.startsWith('.'));
  if (dots && !output.some((label) => label.startsWith('.'))) {
    throw unreadable(equation, "has '...' in an operand, but not in the output");
  }
}

/** The size that every label stands for; 1 yields to any other. */
export function sizesOf(
  equation: string,
  inputs: readonly (readonly string[])[],
  operands: readonly Operand[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [k, labels] of inputs.entries()) {
    const { shape } = operands[k]!;
    for (const [axis, label] of labels.entries()) {
      const n = shape[axis]!;
      const before = sizes.get(label) ?? 1;
      const repeated = labels.indexOf(label) !== axis;
      if (repeated ? n !== shape[labels.indexOf(label)] : before !== 1 && n !== 1 && n !== before) {
        const other = repeated ? shape[labels.indexOf(label)] : before;
        throw new ShapeError(
          `einsum: ${label.startsWith('.') ? "an axis of '...'" : `index '${label}'`} of '${equation}' has the sizes ${other} and ${n} (shapes ${shapes(operands)}).` +
            (repeated ? '\n  A diagonal needs equal sizes.' : ''),
        );
      }
      if (before === 1) sizes.set(label, n);
    }
  }
  return sizes;
}
