import * as Plot from '@observablehq/plot';
import type { Method } from '@tikhonov/regularizers';
import { baseline } from '../compare/settings.ts';
import { svg } from '../report/svg.ts';
import { type MethodResults, networkOf } from './results.ts';

/** Test loss over training beside that of `none`; null if the method was not measured. */
export function methodFigure(entry: Method, { comparisons }: MethodResults): string | null {
  const { id } = entry;
  const kind = networkOf(entry);
  const curves = (kind === null ? undefined : comparisons[kind]?.curves) ?? [];
  const own = curves.filter(({ method }) => method === id);
  const none = curves.filter(({ method }) => method === baseline);
  if (own.length === 0) return null;
  return svg({
    width: 640,
    height: 280,
    marginLeft: 44,
    marginRight: 110,
    x: { label: 'epoch', labelAnchor: 'center', labelArrow: 'none', ticks: 5, grid: true },
    y: { label: 'test NLL, nats', zero: true, nice: true, ticks: 5, grid: true },
    marks: [
      Plot.line(none, { x: 'epoch', y: 'mean', stroke: '#222', strokeDasharray: '4,3' }),
      Plot.areaY(own, { x: 'epoch', y1: 'low', y2: 'high', fill: '#1f77b4', fillOpacity: 0.18 }),
      Plot.line(own, { x: 'epoch', y: 'mean', stroke: '#1f77b4', strokeWidth: 2 }),
      Plot.text([none.at(-1)!], {
        x: 'epoch',
        y: 'mean',
        text: () => baseline,
        dx: 8,
        textAnchor: 'start',
      }),
      Plot.text([own.at(-1)!], {
        x: 'epoch',
        y: 'mean',
        text: () => id,
        dx: 8,
        textAnchor: 'start',
        fill: '#1f77b4',
        fontWeight: 600,
      }),
    ],
  });
}
