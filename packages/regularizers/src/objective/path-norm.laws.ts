import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  concat,
  expandDims,
  grad,
  matmul,
  ones,
  relu,
  reshape,
  sub,
  sum,
  type Tensor,
  zeros,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';
import { pathNorm, pathNormMethod } from './path-norm.ts';

const layersOf = (draw: CaseDraw): Tensor[] => {
  const sizes = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 3));
  return sizes.slice(1).map((out, l) => draw.tensor([out, sizes[l]!]));
};

const exponentOf = (draw: CaseDraw): number => draw.pick([1, 1.5, 2, 3, 4]);

/** The sum over paths, path by path. */
const byPaths = (layers: readonly Tensor[], p: number): number => {
  const matrices = layers.map((w) => w.toArray() as number[][]);
  const from = (l: number, unit: number): number => {
    const rows = matrices[l];
    if (rows === undefined) return 1;
    return rows.reduce(
      (total, row, next) => total + Math.abs(row[unit]!) ** p * from(l + 1, next),
      0,
    );
  };
  return Array.from({ length: layers[0]!.shape[1]! }, (_, input) => from(0, input)).reduce(
    (a, b) => a + b,
    0,
  );
};

/** What the path norm promises. */
export const pathNormLaws: readonly Law[] = [
  law({
    id: 'path-norm/paths',
    statement:
      'It is lambda times the sum over all paths from an input to an output of the product of |w|^p, p being 2 by default.',
    cases: drawn((draw) => ({
      layers: layersOf(draw),
      lambda: real(draw, 0, 2),
      p: draw.pick([undefined, 1, 1.5, 3, 4]),
    })),
    slack: ({ layers, lambda, p }) =>
      near(
        pathNorm(layers, p === undefined ? { lambda } : { lambda, p }),
        lambda * byPaths(layers, p ?? 2),
        1e-12,
      ),
  }),
  law({
    id: 'path-norm/rescaling',
    statement:
      'Multiplying what enters a hidden unit and dividing what leaves it by the same number does not change it.',
    cases: drawn((draw) => {
      const [a, b, c] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
      return {
        first: draw.tensor([b, a]),
        second: draw.tensor([c, b]),
        factors: draw.tensor([b], { min: 0.2, max: 5 }),
        p: exponentOf(draw),
      };
    }),
    slack: ({ first, second, factors, p }) => {
      const moved = [first.mul(expandDims(factors, 1)), second.div(factors)];
      const options = { lambda: 1, p };
      return near(pathNorm(moved, options), pathNorm([first, second], options), 1e-12);
    },
  }),
  law({
    id: 'path-norm/one-layer',
    statement: 'Of a single layer it is L2 for p = 2 and L1 for p = 1.',
    cases: drawn((draw) => ({
      w: draw.tensor([draw.integer(1, 4), draw.integer(1, 4)]),
      lambda: real(draw, 0, 2),
    })),
    slack: ({ w, lambda }) =>
      Math.min(
        near(pathNorm([w], { lambda }), l2(w, { lambda }), 1e-14),
        near(pathNorm(w, { lambda, p: 1 }), l1(w, { lambda }), 1e-14),
      ),
  }),
  law({
    id: 'path-norm/homogeneous',
    statement:
      "Every layer's sum of w times the gradient is p times the value, since each path passes it once.",
    cases: drawn((draw) => ({ layers: layersOf(draw), p: exponentOf(draw) })),
    slack: ({ layers, p }) => {
      const penalty = (ws: readonly Tensor[]): Tensor => pathNorm(ws, { lambda: 1, p });
      const slopes = grad(penalty)(layers);
      const want = p * penalty(layers).item();
      return Math.min(...layers.map((w, l) => near(sum(w.mul(slopes[l]!)), want, 1e-12)));
    },
  }),
  law({
    id: 'path-norm/bounds-the-network',
    statement:
      'With p = 1 it bounds a ReLU network without biases: the outputs for two inputs differ in sum by at most it times the largest difference of the inputs.',
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      const inputs = layers[0]!.shape[1]!;
      return { layers, a: draw.tensor([inputs]), b: draw.tensor([inputs]) };
    }),
    slack: ({ layers, a, b }) => {
      const network = (x: Tensor): Tensor =>
        layers.reduce((h, w, l) => matmul(w, l === 0 ? h : relu(h)), x);
      const bound = pathNorm(layers, { lambda: 1, p: 1 }).item();
      // Outputs are rounded on their own scale, not on that of the difference.
      const rounding = 1e-14 * (1 + Math.max(abs(a).max().item(), abs(b).max().item()));
      const gap = abs(sub(a, b)).max().item() + rounding;
      return atMost(sum(abs(sub(network(a), network(b)))), bound * gap, 1e-12);
    },
  }),
  law({
    id: 'path-norm/biases',
    statement: 'A bias is the weights of an input that is always 1.',
    cases: drawn((draw) => {
      const [a, b, c] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 3)];
      return {
        first: draw.tensor([b, a]),
        second: draw.tensor([c, b]),
        biases: [draw.tensor([b]), draw.tensor([c])] as const,
        p: exponentOf(draw),
      };
    }),
    slack: ({ first, second, biases: [b1, b2], p }) => {
      const [b, a, c] = [first.shape[0]!, first.shape[1]!, second.shape[0]!];
      // The unit that is always 1 gives itself to the next layer, with weight 1.
      const constant = concat(
        [zeros([1, a], { dtype: 'float64' }), ones([1, 1], { dtype: 'float64' })],
        { axis: 1 },
      );
      const layers = [
        concat([concat([first, expandDims(b1, 1)], { axis: 1 }), constant], { axis: 0 }),
        concat([second, expandDims(b2, 1)], { axis: 1 }),
      ];
      const options = { lambda: 1, p };
      const want = pathNorm(layers, options);
      const alone = pathNorm([first, second], { ...options, biases: [b1, null] }).item();
      const last = byPaths([reshape(b2, [c, 1])], p);
      return Math.min(
        near(pathNorm([first, second], { ...options, biases: [b1, b2] }), want, 1e-12),
        near(alone + last, want, 1e-12),
        exactly(b, b1.size),
      );
    },
  }),
  law({
    id: 'path-norm/dead-units',
    statement: 'A hidden unit that gives nothing costs nothing, and what enters it has gradient 0.',
    cases: drawn((draw) => ({
      first: draw.tensor([2, draw.integer(1, 3)]),
      second: draw.tensor([draw.integer(1, 3), 1]),
      p: exponentOf(draw),
    })),
    slack: ({ first, second, p }) => {
      const dead = concat([second, second.mul(0)], { axis: 1 });
      const slope = grad((w: Tensor) => pathNorm([w, dead], { lambda: 1, p }))(first);
      const values = slope.toArray() as number[][];
      return exactly(
        values[1]!,
        values[1]!.map(() => 0),
      );
    },
  }),
  zeroStrengthLaw('path-norm', (ws, lambda) =>
    ws
      .map((w) => pathNorm([reshape(w, [-1, 1]), reshape(w, [1, -1])], { lambda }))
      .reduce((a, b) => a.add(b)),
  ),
  recipeLaw(pathNormMethod, (model, { lambda }) => pathNorm(model, { lambda: lambda! })),
  filterLaw('path-norm', (params, options) => pathNorm(params, { ...options, lambda: 2 })),
];
