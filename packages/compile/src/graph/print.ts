import { type Aval, type Region, regionsOf } from '@tikhonov/core/engine';
import type { Equation, Graph, Value } from './graph.ts';

/**
 * A graph as text, one equation a line, values numbered in the order of their appearance. The regions of an
 * equation follow it, indented.
 */
export function printGraph(graph: Graph): string {
  const name = naming();
  const lines: string[] = [];
  for (const value of graph.inputs) lines.push(`${name(value)} = input ${type(value)}`);
  for (const { cell, value } of graph.reads) {
    lines.push(`${name(value)} = read ${cell.name || 'cell'} ${type(value)}`);
  }
  lines.push(...body(graph, name));
  for (const { cell, value } of graph.writes) {
    lines.push(`write ${cell.name || 'cell'} ${name(value)}`);
  }
  for (const { parameter, before, after } of graph.grads) {
    if (before === after) continue;
    lines.push(`${after ? 'set' : 'forget'} gradient of ${parameter.name || 'parameter'}`);
  }
  lines.push(end(graph, name));
  return lines.join('\n');
}

type Name = (value: Value) => string;

function naming(): Name {
  const numbers = new Map<Value, number>();
  return (value) => {
    const known = numbers.get(value);
    if (known !== undefined) return `%${known}`;
    numbers.set(value, numbers.size);
    return `%${numbers.size - 1}`;
  };
}

const list = (values: readonly Value[], name: Name): string => values.map(name).join(', ');

/** Constants and equations. */
function body({ constants, equations }: Region, name: Name): readonly string[] {
  const lines: string[] = [];
  for (const { value, view } of constants) {
    const one = value.shape.length === 0 ? ` ${String(view.data[view.offset])}` : '';
    lines.push(`${name(value)} = constant${one} ${type(value)}`);
  }
  for (const equation of equations) {
    const { primitive, inputs, outputs } = equation;
    const operands = `${primitive.name}(${list(inputs, name)})`;
    const types = outputs.map(type).join(', ');
    const left = outputs.length === 0 ? '' : `${list(outputs, name)} = `;
    lines.push(`${left}${operands}${showAttrs(equation)} ${types}`.trimEnd());
    for (const [key, region] of Object.entries(regionsOf(equation))) {
      const inner = region.inputs.map((value) => `${name(value)} ${type(value)}`);
      lines.push(`  ${key}(${inner.join(', ')})`);
      lines.push(...[...body(region, name), end(region, name)].map((line) => `    ${line}`));
    }
  }
  return lines;
}

const end = ({ results }: Region, name: Name): string => `return ${list(results, name)}`.trimEnd();

const type = ({ shape, dtype }: Aval): string => `${dtype}[${shape.join(', ')}]`;

function showAttrs(equation: Equation): string {
  const { attrs } = equation;
  if (typeof attrs !== 'object' || attrs === null) return '';
  const regions = regionsOf(equation);
  const parts = Object.entries(attrs).flatMap(([key, value]) =>
    typeof value === 'function' || key in regions ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return parts.length === 0 ? '' : ` { ${parts.join(', ')} }`;
}
