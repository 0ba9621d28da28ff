import * as Plot from '@observablehq/plot';
import { compile } from '@tikhonov/compile';
import { Cell, matmul, parameter, sub, sum, type Tensor, tensor } from '@tikhonov/core';
import { proximal, proxL1, type Scalar, sgd } from '@tikhonov/optim';
import { l2 } from '@tikhonov/regularizers';
import { svg } from '../report/svg.ts';
import { type AnyReproduction, type Comparison, reproduction } from './reproduction.ts';

type Point = readonly [number, number];

/** The loss is `1/2 (w - centre)^T A (w - centre)`; its ellipses are not along the axes. */
const centre: Point = [0.3, 1.6];
const matrix = [
  [1, 0.45],
  [0.45, 0.8],
] as const;

const float64 = { dtype: 'float64' } as const;
const [c, a] = [tensor([...centre], float64), tensor(matrix, float64)];

function lossOf(w: Tensor): Tensor {
  const away = sub(w, c);
  return sum(away.mul(matmul(a, away))).mul(0.5);
}

function valueAt([x, y]: Point): number {
  const [u, v] = [x - centre[0], y - centre[1]];
  return 0.5 * (matrix[0][0] * u * u + 2 * matrix[0][1] * u * v + matrix[1][1] * v * v);
}

type Kind = 'l1' | 'l2';

/** The weights that training with a penalty ends at: proximal steps for L1, gradients for L2. */
function trainer(kind: Kind): (strength: number) => Point {
  const w = parameter(tensor([0, 0], float64));
  const lambda = new Cell(tensor(0, float64));
  const updates = (lr: Scalar) => [proximal(proxL1(lambda), lr, { select: () => true })];
  const optimizer = sgd({ w }, kind === 'l1' ? { lr: 0.3, updates } : { lr: 0.3 });
  const step = compile(() => {
    optimizer.minimize(() => {
      const loss = lossOf(w.read());
      return kind === 'l1' ? loss : loss.add(l2({ w }, { lambda }));
    });
  });
  return (strength) => {
    lambda.write(strength);
    for (let k = 0; k < 600; k++) step();
    const [x, y] = w.read().toArray<number[]>();
    return [x!, y!];
  };
}

const norms: Readonly<Record<Kind, (point: Point) => number>> = {
  l1: ([x, y]) => Math.abs(x) + Math.abs(y),
  l2: ([x, y]) => Math.hypot(x, y),
};

/** The trained weights of norm 1: the strength is found by halving. */
function trainedOnBall(kind: Kind): { readonly lambda: number; readonly w: Point } {
  const trained = trainer(kind);
  let [low, high] = [0, 2];
  for (let k = 0; k < 40; k++) {
    const lambda = (low + high) / 2;
    if (norms[kind](trained(lambda)) > 1) low = lambda;
    else high = lambda;
  }
  return { lambda: high, w: trained(high) };
}

/** A point of the unit sphere of a norm in a direction. */
function onBall(kind: Kind, angle: number): Point {
  const direction: Point = [Math.cos(angle), Math.sin(angle)];
  const size = norms[kind](direction);
  return [direction[0] / size, direction[1] / size];
}

/** The lowest point of the sphere, looked for all around it. */
function lowestOnBall(kind: Kind): Point {
  let best = onBall(kind, 0);
  const count = 360_000;
  for (let k = 1; k < count; k++) {
    const point = onBall(kind, (2 * Math.PI * k) / count);
    if (valueAt(point) < valueAt(best)) best = point;
  }
  return best;
}

const distance = (p: Point, q: Point): number => Math.hypot(p[0] - q[0], p[1] - q[1]);

const loop = <T>(f: (angle: number) => T): T[] =>
  Array.from({ length: 361 }, (_, k) => f((2 * Math.PI * k) / 360));

/** Points of the ellipse on which the loss has a value. */
function level(value: number): Point[] {
  const trace = matrix[0][0] + matrix[1][1];
  const det = matrix[0][0] * matrix[1][1] - matrix[0][1] ** 2;
  const spread = Math.sqrt(trace ** 2 / 4 - det);
  const eigenvalues = [trace / 2 + spread, trace / 2 - spread] as const;
  const turn = Math.atan2(eigenvalues[0] - matrix[0][0], matrix[0][1]);
  return loop((angle): Point => {
    const u = Math.sqrt((2 * value) / eigenvalues[0]) * Math.cos(angle);
    const v = Math.sqrt((2 * value) / eigenvalues[1]) * Math.sin(angle);
    return [
      centre[0] + u * Math.cos(turn) - v * Math.sin(turn),
      centre[1] + u * Math.sin(turn) + v * Math.cos(turn),
    ];
  });
}

function picture(kind: Kind, w: Point): string {
  const levels = [0.25, 1, 2.25].map((factor) => factor * valueAt(w));
  return svg({
    width: 460,
    height: 460,
    x: { domain: [-1.3, 1.9], label: 'w₁', grid: true },
    y: { domain: [-1.2, 2], label: 'w₂', grid: true },
    marks: [
      Plot.ruleX([0]),
      Plot.ruleY([0]),
      Plot.line(
        loop((angle) => onBall(kind, angle)),
        { fill: '#1f77b4', fillOpacity: 0.15, stroke: '#1f77b4', strokeWidth: 2, curve: 'linear' },
      ),
      ...levels.map((value) =>
        Plot.line(level(value), { stroke: '#d95f02', strokeWidth: 1.2, clip: true }),
      ),
      Plot.dot([centre], { r: 3, fill: '#d95f02' }),
      Plot.dot([w], { r: 6, fill: '#222', stroke: 'white' }),
      Plot.text([w], {
        text: () => `(${w.map((x) => Number(x.toFixed(3))).join(', ')})`,
        dx: 8,
        dy: -12,
        textAnchor: 'start',
        fontWeight: 600,
      }),
    ],
  });
}

export const l1Corner: AnyReproduction = reproduction({
  name: 'l1-corner',
  title: 'Why L1 gives zeros and L2 does not',
  claim:
    'The lowest point of a loss on the L1 ball can be a corner, where a weight is exactly 0; on the L2 ball, which has no corners, it is not.',
  reference: {
    authors: 'R. Tibshirani',
    title: 'Regression Shrinkage and Selection via the Lasso',
    venue: 'Journal of the Royal Statistical Society B 58',
    year: 1996,
  },
  seeds: 1,
  run: async () => {
    const ends = { l1: trainedOnBall('l1'), l2: trainedOnBall('l2') };
    const comparisons = (['l1', 'l2'] as const).flatMap((kind): Comparison[] => {
      const { w } = ends[kind];
      const gap = distance(w, lowestOnBall(kind));
      return [
        {
          what: `${kind}: trained weights to the lowest point of the ball`,
          ours: gap,
          reference: 0,
          agrees: gap < 1e-4,
          rule: 'less than 0.0001 apart',
        },
        {
          what: `${kind}: weights that are exactly 0`,
          ours: w.filter((x) => x === 0).length,
          reference: kind === 'l1' ? 1 : 0,
          agrees: w.filter((x) => x === 0).length === (kind === 'l1' ? 1 : 0),
          rule: 'equal',
        },
      ];
    });
    const holds = comparisons.every(({ agrees }) => agrees === true);
    return {
      holds,
      verdict: `Training with L1 by proximal steps ends at (${ends.l1.w.map((x) => (x === 0 ? '0' : x.toFixed(4))).join(', ')}), with L2 at (${ends.l2.w.map((x) => x.toFixed(4)).join(', ')}), both on the unit ball of their norm.`,
      comparisons,
      figures: (['l1', 'l2'] as const).map((kind) => ({
        title: kind === 'l1' ? 'The L1 ball' : 'The L2 ball',
        caption: `Blue: all weights of ${kind === 'l1' ? 'absolute sum' : 'length'} at most 1. Orange: where the loss is equal, around its lowest point. Black: where training ends, strength ${ends[kind].lambda.toFixed(4)}.`,
        svg: picture(kind, ends[kind].w),
      })),
      notes: [
        'The strength of each penalty was chosen so that the trained weights lie on the ball of size 1: a penalty and a bound on the norm give the same weights at matching strengths.',
        'Gradient steps on the L1 penalty only come near 0; the proximal step is what makes it exact.',
      ],
    };
  },
});
