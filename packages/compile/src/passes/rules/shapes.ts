import type { Shape } from '@tikhonov/core';
import { reshapeP } from '@tikhonov/core/engine';
import { type NamedRule, on, type Rule } from '../simplifier.ts';
import { sameNumbers } from '../splat.ts';

/** Whether axes larger than 1 keep their order. */
const movesNothing = (permutation: readonly number[], shape: Shape): boolean => {
  const moved = permutation.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, k) => k === 0 || moved[k - 1]! < axis);
};

const permute: Rule<{ readonly permutation: readonly number[] }> = (
  { inputs: [x], attrs: { permutation }, output },
  graph,
) => {
  if (permutation.every((axis, k) => axis === k)) return x!;
  const inner = graph.by('permute', x!);
  if (inner !== undefined) {
    const composed = permutation.map((axis) => inner.attrs.permutation[axis]!);
    return graph.make(inner.primitive, inner.inputs, { permutation: composed });
  }
  if (!movesNothing(permutation, x!.shape)) return null;
  return graph.make(reshapeP, [x!], { shape: output.shape });
};

const reshape: Rule<{ readonly shape: Shape }> = ({ inputs: [x], attrs: { shape } }, graph) => {
  if (sameNumbers(x!.shape, shape)) return x!;
  const inner = graph.by('reshape', x!);
  return inner === undefined ? null : graph.make(inner.primitive, inner.inputs, { shape });
};

const broadcast: Rule<{ readonly shape: Shape }> = (
  { primitive, inputs: [x], attrs: { shape } },
  graph,
) => {
  if (sameNumbers(x!.shape, shape)) return x!;
  const inner = graph.by('broadcastTo', x!);
  if (inner !== undefined) return graph.make(inner.primitive, inner.inputs, { shape });
  // Broadcasting itself puts axes of size 1 in front.
  const source = graph.by('reshape', x!)?.inputs[0];
  if (source === undefined) return null;
  const added = x!.shape.length - source.shape.length;
  const onlyAdds = added > 0 && sameNumbers(x!.shape.slice(added), source.shape);
  return onlyAdds ? graph.make(primitive, [source], { shape }) : null;
};

const flip: Rule<{ readonly axes: readonly number[] }> = (
  { primitive, inputs: [x], attrs: { axes } },
  graph,
) => {
  const needed = axes.filter((axis) => x!.shape[axis]! > 1);
  if (needed.length === 0) return x!;
  const inner = graph.by('flip', x!);
  if (inner === undefined) {
    return needed.length < axes.length ? graph.make(primitive, [x!], { axes: needed }) : null;
  }
  const before = inner.attrs.axes;
  const left = [
    ...before.filter((axis) => !needed.includes(axis)),
    ...needed.filter((axis) => !before.includes(axis)),
  ];
  return graph.make(inner.primitive, inner.inputs, { axes: left });
};

/** The largest of one is that one. */
const max: Rule<{ readonly axes: readonly number[] }> = (
  { primitive, inputs: [x], attrs: { axes } },
  graph,
) => {
  const needed = axes.filter((axis) => x!.shape[axis] !== 1);
  if (needed.length === axes.length && axes.length > 0) return null;
  return needed.length === 0 ? x! : graph.make(primitive, [x!], { axes: needed });
};

/** Moves that undo each other or do nothing. */
export const shapeRules: readonly NamedRule[] = [
  on('permute', permute),
  on('reshape', reshape),
  on('broadcastTo', broadcast),
  on('flip', flip),
  on('max', max),
];
