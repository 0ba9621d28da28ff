import { drawn, type Law, law } from '@tikhonov/check';
import {
  abs,
  add,
  Cell,
  grad,
  matmul,
  norm,
  relu,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { real } from '../laws/draws.ts';
import { filterLaw } from '../laws/filter.ts';
import { recipeLaw } from '../laws/recipe.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { zeroStrengthLaw } from '../laws/zero-strength.ts';
import { l2 } from './l2.ts';
import { weissi, weissiMethod } from './weissi.ts';

/** Layers of a network, none of them zero. */
const layersOf = (draw: CaseDraw): Tensor[] => {
  const sizes = Array.from({ length: draw.integer(2, 4) }, () => draw.integer(1, 3));
  return sizes.slice(1).map((out, l) => draw.tensor([out, sizes[l]!], { avoid: [0] }));
};

/** Positive factors, one per layer, whose product is 1 if they are to be a shift. */
const factorsOf = (draw: CaseDraw, count: number, shift: boolean): number[] => {
  const logarithms = Array.from({ length: count }, () => real(draw, -2, 2));
  const mean = shift ? logarithms.reduce((a, b) => a + b, 0) / count : 0;
  return logarithms.map((x) => Math.exp(x - mean));
};

const rescaled = (layers: readonly Tensor[], factors: readonly number[]): Tensor[] =>
  layers.map((w, l) => w.mul(factors[l]!));

const strengthsOf = (draw: CaseDraw) => ({
  lambda1: real(draw, 0.1, 2),
  lambda2: draw.pick([0, real(draw, 0.1, 2)]),
});

/** What WEISSI promises. */
export const weissiLaws: readonly Law[] = [
  law({
    id: 'weissi/value',
    statement:
      'The value is lambda1 log of the product of the Frobenius norms plus lambda2 sum ||W||_1 / ||W||_F; eps^2 is added to the squared norms.',
    cases: drawn((draw) => ({
      layers: layersOf(draw),
      strengths: strengthsOf(draw),
      eps: draw.pick([0, 0.5]),
    })),
    slack: ({ layers, strengths, eps }) => {
      const norms = layers.map((w) => Math.hypot(...w.data(), eps));
      const ones = layers.map((w) => Array.from(w.data(), Math.abs).reduce((a, b) => a + b, 0));
      const want =
        strengths.lambda1 * Math.log(norms.reduce((a, b) => a * b, 1)) +
        strengths.lambda2 * ones.reduce((total, one, l) => total + one / norms[l]!, 0);
      return near(weissi(layers, { ...strengths, eps }), want, 1e-13);
    },
  }),
  law({
    id: 'weissi/gradient',
    statement: 'The gradient of lambda1 sum log ||W_l||_F is lambda1 W_l / ||W_l||_F^2.',
    cases: drawn((draw) => ({ layers: layersOf(draw), lambda1: real(draw, 0.1, 2) })),
    slack: ({ layers, lambda1 }) => {
      const slopes = grad((ws: readonly Tensor[]) => weissi(ws, { lambda1 }))(layers);
      return Math.min(
        ...layers.map((w, l) => near(slopes[l]!, w.mul(lambda1).div(norm(w).item() ** 2), 1e-13)),
      );
    },
  }),
  law({
    id: 'weissi/scale-shift',
    statement: 'Factors c_l > 0 with product 1, one per layer, do not change the penalty.',
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      return {
        layers,
        factors: factorsOf(draw, layers.length, true),
        strengths: strengthsOf(draw),
      };
    }),
    slack: ({ layers, factors, strengths }) =>
      near(weissi(rescaled(layers, factors), strengths), weissi(layers, strengths), 1e-13),
  }),
  law({
    id: 'weissi/gradient-of-any-scale',
    statement:
      'With W = c V the gradient by V is the same for any c > 0; that by W is that at V divided by c.',
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      return {
        layers,
        factors: factorsOf(draw, layers.length, false),
        strengths: strengthsOf(draw),
      };
    }),
    slack: ({ layers, factors, strengths }) => {
      const penalty = (ws: readonly Tensor[]): Tensor => weissi(ws, strengths);
      const plain = grad(penalty)(layers);
      const through = grad((ws: readonly Tensor[]) => penalty(rescaled(ws, factors)))(layers);
      const raw = grad(penalty)(rescaled(layers, factors));
      return Math.min(
        ...layers.map((_, l) =>
          Math.min(
            near(through[l]!, plain[l]!, 1e-12),
            near(raw[l]!.mul(factors[l]!), plain[l]!, 1e-12),
          ),
        ),
      );
    },
  }),
  law({
    id: 'weissi/l2-is-not-invariant',
    statement:
      'The L2 penalty of a shift is at least L (prod ||W_l||_F)^(2/L), with equality if all norms are equal: it depends on the shift.',
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      return { layers, factors: factorsOf(draw, layers.length, true) };
    }),
    slack: ({ layers, factors }) => {
      const count = layers.length;
      const logarithm = weissi(layers, { lambda1: 1 }).item() / count;
      const least = count * Math.exp(2 * logarithm);
      const balanced = layers.map((w) => w.mul(Math.exp(logarithm) / norm(w).item()));
      return Math.min(
        atMost(least, l2(rescaled(layers, factors), { lambda: 1 }), 1e-12),
        near(l2(balanced, { lambda: 1 }).item() / least, 1, 1e-12),
        near(weissi(balanced, { lambda1: 1 }), count * logarithm, 1e-12),
      );
    },
  }),
  law({
    id: 'weissi/same-network',
    statement:
      'A ReLU network is unchanged by a shift if the bias of layer l is multiplied by all factors up to it.',
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      return {
        layers,
        biases: layers.map((w) => draw.tensor([w.shape[0]!])),
        factors: factorsOf(draw, layers.length, true),
        x: draw.tensor([2, layers[0]!.shape[1]!]),
      };
    }),
    slack: ({ layers, biases, factors, x }) => {
      const network = (ws: readonly Tensor[], bs: readonly Tensor[]): Tensor =>
        ws.reduce((h, w, l) => add(matmul(l === 0 ? h : relu(h), transpose(w)), bs[l]!), x);
      const moved = biases.map((b, l) =>
        factors.slice(0, l + 1).reduce((product, factor) => product.mul(factor), b),
      );
      const [before, after] = [network(layers, biases), network(rescaled(layers, factors), moved)];
      // Sums of at most 3 products per layer that may cancel: relative to the sum of their sizes.
      const size = 1 + layers.reduce((total, w) => total * (1 + sum(abs(w)).item()), 10);
      return near(after.div(size), before.div(size), 1e-14);
    },
  }),
  law({
    id: 'weissi/bounds-input-gradients',
    statement:
      "A ReLU network's gradient of c.f by its input is at most ||c|| exp(sum log ||W_l||_F), the penalty at strength 1.",
    cases: drawn((draw) => {
      const layers = layersOf(draw);
      return {
        layers,
        x: draw.tensor([layers[0]!.shape[1]!], { avoid: [0] }),
        c: draw.tensor([layers.at(-1)!.shape[0]!]),
      };
    }),
    slack: ({ layers, x, c }) => {
      const output = (at: Tensor): Tensor =>
        sum(layers.reduce((h, w, l) => matmul(w, l === 0 ? h : relu(h)), at).mul(c));
      const bound = norm(c).item() * Math.exp(weissi(layers, { lambda1: 1 }).item());
      return atMost(norm(grad(output)(x)), bound, 1e-12);
    },
  }),
  law({
    id: 'weissi/eps',
    statement: 'With eps a zero tensor has value lambda1 log eps and gradient 0.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })).mul(0),
      // Down to where the squares are 0 in float64.
      eps: draw.pick([real(draw, 0.01, 1), 1e-30, 1e-200]),
      lambda1: real(draw, 0.1, 2),
    })),
    slack: ({ w, eps, lambda1 }) => {
      const options = { lambda1, lambda2: 1, eps };
      return Math.min(
        near(weissi(w, options), lambda1 * Math.log(eps), 1e-14),
        exactly(grad((x: Tensor) => weissi(x, options))(w), w),
      );
    },
  }),
  zeroStrengthLaw('weissi', (ws, zero) =>
    weissi([...ws, tensor(0, { dtype: 'float64' })], { lambda1: zero, lambda2: zero }),
  ),
  recipeLaw(weissiMethod, (model, { lambda1, lambda2 }) =>
    weissi(model, { lambda1: lambda1!, lambda2: lambda2! }),
  ),
  law({
    id: 'weissi/refuses-zeros',
    statement:
      'Without eps a tensor of zeros is refused, whether the strength is a number or in a cell; with strengths of 0 it is not.',
    cases: drawn((draw) => ({
      w: draw.tensor(draw.shape({ minSize: 1 })).mul(0),
      strength: draw.pick([0, 0.5]),
      held: draw.pick([true, false]),
    })),
    slack: ({ w, strength, held }) => {
      const lambda1 = held ? new Cell(tensor(strength, { dtype: 'float64' })) : strength;
      try {
        return Math.min(holds(strength === 0), exactly(weissi(w, { lambda1 }), 0));
      } catch (error) {
        return holds(strength > 0 && error instanceof RangeError);
      }
    },
    effort: 0.3,
  }),
  filterLaw('weissi', (params, options) => weissi(params, { ...options, lambda1: 2, lambda2: 3 })),
  law({
    id: 'weissi/empty',
    statement: 'With eps an empty tensor counts as one that is zero: its length is eps.',
    cases: drawn((draw) => ({ eps: real(draw, 0.01, 1), lambda1: real(draw, 0.1, 2) })),
    slack: ({ eps, lambda1 }) =>
      near(
        weissi(tensor([], { dtype: 'float64' }), { lambda1, eps }),
        lambda1 * Math.log(eps),
        1e-14,
      ),
    effort: 0.1,
  }),
];
