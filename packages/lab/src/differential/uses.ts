/** The floating dtypes that uses of a primitive are told apart by. */
export const floats = ['float32', 'float64'] as const;

const type = String.raw`(?:float32|float64|int32|uint32|bool)\[[\d, ]*\]`;
const declaration = /(%\d+)(?: = (?:input|read|constant)\b.*)? (float\d\d)\[[\d, ]*\]/g;
const equation = /^\s*(?:(%\d+(?:, %\d+)*) = )?(\w+)\(((?:%\d+(?:, )?)*)\)(.+)$/;
const types = new RegExp(type, 'g');

/**
 * The primitives in a printed graph: `exp` for every one, and `exp float32` if a use of it has an operand or
 * a result of that dtype.
 */
export function usesIn(graph: string): Set<string> {
  const uses = new Set<string>();
  const dtypes = new Map<string, string>();
  for (const line of graph.split('\n')) {
    const found = equation.exec(line);
    if (found === null) {
      // Inputs, cells, constants, and what regions take.
      for (const [, name, dtype] of line.matchAll(declaration)) dtypes.set(name!, dtype!);
      continue;
    }
    const [, results, name, operands, rest] = found;
    const made = [...rest!.matchAll(types)].map(([text]) => text.split('[')[0]!);
    for (const [k, result] of (results?.split(', ') ?? []).entries()) {
      const dtype = made[made.length - results!.split(', ').length + k];
      if (dtype !== undefined) dtypes.set(result, dtype);
    }
    uses.add(name!);
    for (const dtype of [...made, ...operands!.split(', ').map((each) => dtypes.get(each))]) {
      if (dtype?.startsWith('float')) uses.add(`${name} ${dtype}`);
    }
  }
  return uses;
}
