import type { Tensor } from '@tikhonov/core';
import type { Body, ProgramParts, Step } from './parts.ts';

const nameOf = (ref: number): string => `v${ref}`;

/** A value as code. */
export function literal(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, part]) => part !== undefined);
    if (entries.length === 0) return '{}';
    return `{ ${entries.map(([name, part]) => `${name}: ${literal(part)}`).join(', ')} }`;
  }
  return String(value);
}

/** The creation of a tensor as code; its memory layout is lost. */
export function tensorLiteral(x: Tensor): string {
  const options = `{ dtype: '${x.dtype}' }`;
  if (x.size === 0) return `zeros(${literal(x.shape)}, ${options})`;
  return `tensor(${literal(x.toArray())}, ${options})`;
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const codeOf = ({ call, operands, results }: Step): readonly string[] =>
  call.code(operands.map(nameOf), results.map(nameOf));

/** An arrow function, in lines. */
export function printBody({ parameters, steps, results }: Body, single: boolean): string[] {
  const returned = results.map(nameOf).join(', ');
  return [
    `(${parameters.map(nameOf).join(', ')}) => {`,
    ...indented([...steps.flatMap(codeOf), `return ${single ? returned : `[${returned}]`};`]),
    '}',
  ];
}

/** A program as code: what it captures, the function, and a call of it. */
export function printProgram({ sources, cells, steps, results }: ProgramParts): string {
  const constants = sources.filter(({ role }) => role === 'constant');
  const given = sources.filter(({ role }) => role === 'argument');
  return [
    ...cells.map((x, k) => `const c${k} = new Cell(${tensorLiteral(x)}, { name: 'c${k}' });`),
    ...constants.map(({ ref, value }) => `const ${nameOf(ref)} = ${tensorLiteral(value)};`),
    `const program = (${given.map(({ ref }) => nameOf(ref)).join(', ')}) => {`,
    ...indented([...steps.flatMap(codeOf), `return [${results.map(nameOf).join(', ')}];`]),
    '};',
    `program(${given.map(({ value }) => `\n  ${tensorLiteral(value)},`).join('')}${given.length > 0 ? '\n' : ''});`,
  ].join('\n');
}
