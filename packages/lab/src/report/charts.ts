import * as Plot from '@observablehq/plot';
import type { RunResult } from '../compare/run-one.ts';
import { baseline } from '../compare/settings.ts';
import type { Summary, Verdict } from '../compare/summarize.ts';
import { type CurveRow, meanCurve } from './curves.ts';
import { svg } from './svg.ts';

/** Colour of each verdict; distinguishable without red-green vision. */
export const colours: Readonly<Record<Verdict, string>> = {
  lower: '#1f77b4',
  higher: '#d95f02',
  'within noise': '#7f7f7f',
  'too few seeds': '#7f7f7f',
  diverged: '#a50026',
  crashed: '#a50026',
  baseline: '#222222',
};

/** Longest method name in pixels, for the left margin. */
const labelWidth = (ids: readonly string[]): number =>
  24 + 7.5 * Math.max(...ids.map((id) => id.length));

/** Test loss less that of `none`, a dot for each seed, with the mean and its 95 % interval. */
export function differenceChart(summary: Summary, runs: readonly RunResult[]): string {
  const rows = summary.rows.filter((row) => row.versusNone !== null);
  if (rows.length === 0) return '';
  const order = [...rows].sort((a, b) => a.versusNone!.mean - b.versusNone!.mean);
  const none = new Map(
    runs.filter((run) => run.method === baseline).map((run) => [run.seed, run.test.nll]),
  );
  const verdicts = new Map(rows.map((row) => [row.method, row.verdict]));
  const colour = (method: string): string => colours[verdicts.get(method) ?? 'baseline'];
  const dots = runs.flatMap((run) => {
    const against = none.get(run.seed);
    if (!verdicts.has(run.method) || against === undefined) return [];
    return [{ method: run.method, difference: run.test.nll - against }];
  });
  const means = order.map((row) => ({
    method: row.method,
    mean: row.versusNone!.mean,
    low: row.versusNone!.low ?? row.versusNone!.mean,
    high: row.versusNone!.high ?? row.versusNone!.mean,
  }));
  return svg({
    width: 860,
    height: 70 + 40 * order.length,
    marginLeft: labelWidth(order.map((row) => row.method)),
    marginRight: 24,
    marginBottom: 44,
    x: {
      label: 'test NLL less that of none, nats (left of 0: better)',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      nice: true,
    },
    y: { domain: order.map((row) => row.method), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: '#222', strokeWidth: 1.5 }),
      Plot.dot(dots, {
        x: 'difference',
        y: 'method',
        dy: 10,
        r: 2.5,
        fill: (d: { method: string }) => colour(d.method),
        fillOpacity: 0.55,
      }),
      Plot.link(means, {
        x1: 'low',
        x2: 'high',
        y1: 'method',
        y2: 'method',
        stroke: (d: { method: string }) => colour(d.method),
        strokeWidth: 2.5,
      }),
      Plot.dot(means, {
        x: 'mean',
        y: 'method',
        r: 6,
        fill: (d: { method: string }) => colour(d.method),
        stroke: 'white',
        strokeWidth: 1.5,
      }),
    ],
  });
}

/** Train and test accuracy of each method, joined: the length is the generalisation gap. */
export function gapChart(summary: Summary): string {
  const shown = summary.rows.filter((row) => row.runs > 0);
  if (shown.length === 0) return '';
  const rows = shown.map((row) => ({
    method: row.method,
    train: 100 * row.trainAccuracy.mean,
    test: 100 * row.testAccuracy.mean,
  }));
  return svg({
    width: 860,
    height: 86 + 30 * rows.length,
    marginTop: 40,
    marginLeft: labelWidth(rows.map((row) => row.method)),
    marginRight: 30,
    marginBottom: 44,
    x: {
      label: `accuracy, % (${summary.labelNoise === 0 ? 'all labels clean' : 'train labels are noisy, test labels clean'})`,
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      nice: true,
    },
    y: { domain: rows.map((row) => row.method), label: null, tickSize: 0 },
    marks: [
      Plot.link(rows, {
        x1: 'train',
        x2: 'test',
        y1: 'method',
        y2: 'method',
        stroke: '#bbb',
        strokeWidth: 3,
      }),
      Plot.dot(rows, { x: 'train', y: 'method', r: 6, fill: '#d95f02' }),
      Plot.dot(rows, { x: 'test', y: 'method', r: 6, fill: '#1f77b4' }),
      Plot.text(rows.slice(0, 1), {
        x: 'train',
        y: 'method',
        text: () => 'train',
        dy: -16,
        fill: '#d95f02',
        fontWeight: 600,
      }),
      Plot.text(rows.slice(0, 1), {
        x: 'test',
        y: 'method',
        text: () => 'test',
        dy: -16,
        fill: '#1f77b4',
        fontWeight: 600,
      }),
    ],
  });
}

/** Test loss over training, one panel a method, `none` dashed in each. */
export function curveChart(summary: Summary, runs: readonly RunResult[]): string {
  const verdicts = new Map(summary.rows.map((row) => [row.method, row.verdict]));
  const ids = summary.rows
    .filter((row) => row.method !== baseline && row.runs > 0)
    .map((row) => row.method);
  if (runs.length === 0) return '';
  const panels = ids.length === 0 ? [baseline] : ids;
  const perRow = Math.min(3, panels.length);
  const column = (id: string): number => panels.indexOf(id) % perRow;
  const line = (id: string): number => Math.floor(panels.indexOf(id) / perRow);
  const place = (row: CurveRow): CurveRow & { fx: number; fy: number } => ({
    ...row,
    fx: column(row.method),
    fy: line(row.method),
  });
  const none = meanCurve(runs, baseline);
  const behind = panels.flatMap((id) => none.map((row) => place({ ...row, method: id })));
  const front = panels.flatMap((id) => meanCurve(runs, id).map(place));
  const titles = panels.map((id) => ({ id, fx: column(id), fy: line(id) }));
  const colour = (d: { method: string }): string => colours[verdicts.get(d.method) ?? 'baseline'];
  const at = { x: 'epoch', fx: 'fx', fy: 'fy' } as const;
  return svg({
    width: 860,
    height: 60 + 190 * Math.ceil(panels.length / perRow),
    marginLeft: 44,
    marginBottom: 40,
    fx: { axis: null, padding: 0.12 },
    fy: { axis: null, padding: 0.22 },
    x: { label: 'epoch', labelAnchor: 'center', labelArrow: 'none', ticks: 4, grid: true },
    y: { label: 'test NLL', zero: true, nice: true, ticks: 4, grid: true },
    marks: [
      Plot.text(titles, {
        fx: 'fx',
        fy: 'fy',
        text: 'id',
        frameAnchor: 'top',
        dy: -14,
        fontWeight: 600,
      }),
      Plot.line(behind, {
        ...at,
        y: 'mean',
        z: 'method',
        stroke: '#222',
        strokeWidth: 1.5,
        strokeDasharray: '4,3',
      }),
      Plot.areaY(front, {
        ...at,
        y1: 'low',
        y2: 'high',
        z: 'method',
        fill: colour,
        fillOpacity: 0.18,
      }),
      Plot.line(front, { ...at, y: 'mean', z: 'method', stroke: colour, strokeWidth: 2 }),
    ],
  });
}

/** The penalties' share of the gradient over training, one panel a method that has any. */
export function shareChart(summary: Summary, runs: readonly RunResult[]): string {
  const ids = summary.rows.filter((row) => row.penaltyShare !== null).map((row) => row.method);
  if (ids.length === 0) return '';
  const perRow = Math.min(4, ids.length);
  const place = (id: string): { fx: number; fy: number } => ({
    fx: ids.indexOf(id) % perRow,
    fy: Math.floor(ids.indexOf(id) / perRow),
  });
  const points = runs
    .filter((run) => ids.includes(run.method))
    .flatMap((run) =>
      run.curve.flatMap(({ epoch, penalty }) =>
        penalty === null
          ? []
          : [{ ...place(run.method), seed: run.seed, epoch, share: 100 * penalty.share }],
      ),
    );
  return svg({
    width: 860,
    height: 60 + 130 * Math.ceil(ids.length / perRow),
    marginLeft: 40,
    marginBottom: 40,
    fx: { axis: null, padding: 0.14 },
    fy: { axis: null, padding: 0.3 },
    x: { label: 'epoch', labelAnchor: 'center', labelArrow: 'none', ticks: 3, grid: true },
    y: { label: '%', domain: [0, 100], ticks: 3, grid: true },
    marks: [
      Plot.text(
        ids.map((id) => ({ id, ...place(id) })),
        { fx: 'fx', fy: 'fy', text: 'id', frameAnchor: 'top', dy: -14, fontWeight: 600 },
      ),
      Plot.line(points, {
        x: 'epoch',
        y: 'share',
        z: 'seed',
        fx: 'fx',
        fy: 'fy',
        stroke: '#1f77b4',
        strokeOpacity: 0.7,
      }),
    ],
  });
}
