import type { Aval } from '@tikhonov/core/engine';
import type { Graph, Value } from './graph.ts';

/** A graph as text, one equation a line, values numbered in the order of their appearance. */
export function printGraph(graph: Graph): string {
  const numbers = new Map<Value, number>();
  const name = (value: Value): string => {
    const known = numbers.get(value);
    if (known !== undefined) return `%${known}`;
    numbers.set(value, numbers.size);
    return `%${numbers.size - 1}`;
  };
  const list = (values: readonly Value[]): string => values.map(name).join(', ');
  const lines: string[] = [];
  for (const value of graph.inputs) lines.push(`${name(value)} = input ${type(value)}`);
  for (const { cell, value } of graph.reads) {
    lines.push(`${name(value)} = read ${cell.name || 'cell'} ${type(value)}`);
  }
  for (const { value, view } of graph.constants) {
    const one = value.shape.length === 0 ? ` ${String(view.data[view.offset])}` : '';
    lines.push(`${name(value)} = constant${one} ${type(value)}`);
  }
  for (const { primitive, inputs, attrs, outputs } of graph.equations) {
    const operands = `${primitive.name}(${list(inputs)})`;
    const types = outputs.map(type).join(', ');
    const left = outputs.length === 0 ? '' : `${list(outputs)} = `;
    lines.push(`${left}${operands}${showAttrs(attrs)} ${types}`);
  }
  for (const { cell, value } of graph.writes) {
    lines.push(`write ${cell.name || 'cell'} ${name(value)}`);
  }
  lines.push(`return ${list(graph.results)}`.trimEnd());
  return lines.join('\n');
}

const type = ({ shape, dtype }: Aval): string => `${dtype}[${shape.join(', ')}]`;

function showAttrs(attrs: unknown): string {
  if (typeof attrs !== 'object' || attrs === null) return '';
  const parts = Object.entries(attrs).flatMap(([key, value]) =>
    typeof value === 'function' ? [] : [`${key}: ${JSON.stringify(value)}`],
  );
  return parts.length === 0 ? '' : ` { ${parts.join(', ')} }`;
}
