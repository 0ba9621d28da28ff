import { drawn, type Law, law } from '@tikhonov/check';
import {
  grad,
  mean,
  mul,
  norm,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  unbind,
  variance,
  zeros,
} from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { Conv2d, LayerNorm, Linear, layerNorm } from '@tikhonov/nn';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { chainsOf, smallCnn } from '../laws/layer-chains.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { plainPlan } from '../registry.ts';
import { layerNormalizationMethod } from './layer-normalization.ts';

/** Rows that are not constant, and what is normalized of them. */
function rowsOf(draw: CaseDraw) {
  const shape = draw.pick([[3], [2, 2]]);
  return {
    x: draw.tensor([2, ...shape], { distinct: true }),
    normalizedShape: shape,
    weight: draw.tensor(shape),
    bias: draw.tensor(shape),
  };
}

/** The axes that are normalized. */
const own = (x: Tensor): number[] => x.shape.map((_, axis) => axis).slice(1);

/** What layer normalization promises. */
export const layerNormalizationLaws: readonly Law[] = [
  law({
    id: 'layer-normalization/moments',
    statement:
      'Before gain and shift each row has the mean 0 and the biased variance v / (v + eps), v being that of its input.',
    cases: drawn((draw) => ({ ...rowsOf(draw), eps: real(draw, 0, 0.5) })),
    slack: ({ x, normalizedShape, weight, bias, eps }) => {
      const y = layerNorm(x, { normalizedShape, eps });
      const axis = own(x);
      const v = variance(x, { axis, correction: 0 });
      const affine = layerNorm(x, { normalizedShape, eps, weight, bias });
      return Math.min(
        near(mean(y, { axis }), zeros([2]), 1e-12),
        near(variance(y, { axis, correction: 0 }), v.div(v.add(eps)), 1e-11),
        near(affine, y.mul(weight).add(bias), 1e-12),
      );
    },
  }),
  law({
    id: 'layer-normalization/rows',
    statement:
      'A row does not depend on its batch mates, and training is as evaluation: the layer has no running state.',
    cases: drawn((draw) => rowsOf(draw)),
    slack: ({ x, normalizedShape }) => {
      const [a, b] = unbind(x);
      const y = layerNorm(x, { normalizedShape });
      const layer = new LayerNorm(normalizedShape, { dtype: 'float64' });
      return Math.min(
        exactly(layerNorm(stack([b!, a!]), { normalizedShape }), stack(unbind(y).toReversed())),
        near(layerNorm(a!, { normalizedShape }), unbind(y)[0]!, 1e-14),
        exactly(layer.forward(x, { training: true }), layer.forward(x)),
        exactly(layer.forward(x), y),
        holds(Object.keys(layer.stateDict()).join() === 'weight,bias'),
      );
    },
  }),
  law({
    id: 'layer-normalization/scale',
    statement: 'Scaling and shifting a row changes nothing but the role of eps.',
    cases: drawn((draw) => ({ ...rowsOf(draw), a: real(draw, 0.1, 10), shift: real(draw, -3, 3) })),
    slack: ({ x, normalizedShape, a, shift }) =>
      near(
        layerNorm(x.mul(a).add(shift), { normalizedShape, eps: 1e-3 * a * a }),
        layerNorm(x, { normalizedShape, eps: 1e-3 }),
        1e-9,
      ),
  }),
  law({
    id: 'layer-normalization/gradient',
    statement:
      'The gradient by a row is orthogonal to 1, and to the row without its mean if eps is 0.',
    cases: drawn((draw) => {
      const rows = rowsOf(draw);
      return { ...rows, slope: draw.tensor(rows.x.shape) };
    }),
    slack: ({ x, normalizedShape, weight, bias, slope }) => {
      const f = (y: Tensor): Tensor =>
        sum(layerNorm(y, { normalizedShape, weight, bias, eps: 0 }).mul(slope));
      const g = grad(f)(x);
      const axis = own(x);
      const size = norm(g).item() + 1;
      const centred = sub(x, mean(x, { axis, keepdims: true }));
      return Math.min(
        near(sum(g, { axis }).div(size), zeros([2]), 1e-11),
        near(sum(mul(g, centred), { axis }).div(size), zeros([2]), 1e-11),
      );
    },
  }),
  law({
    id: 'layer-normalization/recipe',
    statement:
      'The recipe puts it behind hidden linear layers and convolutions, over units, or channels and positions, with its eps; not behind the output layer.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 1000),
      eps: real(draw, 1e-6, 0.1),
      dtype: draw.pick(['float32', 'float64'] as const),
    })),
    slack: ({ seed, eps, dtype }) => {
      const plan = layerNormalizationMethod.recipe({ ...plainPlan, network: { dtype } }, { eps });
      const norms = chainsOf(smallCnn(plan, seed)).map(([layer, norm]) => {
        const isLayer = layer instanceof Linear || layer instanceof Conv2d;
        if (!isLayer || !(norm instanceof LayerNorm)) return 'wrong';
        const { weight } = norm;
        return norm.eps === eps && weight?.dtype === dtype ? weight.shape.join('x') : 'other';
      });
      return Math.min(
        holds(norms.join() === '2x4x4,3x2x2,5'),
        recipeTakes(layerNormalizationMethod, { eps: 1e-5 }),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'layer-normalization/defaults',
    statement:
      'eps is 1e-5; gains begin with 1, shifts with 0; equal values give exactly 0, and without eps the gradient 0.',
    cases: drawn((draw) => ({ x: draw.tensor([3, 2], { distinct: true }) })),
    slack: ({ x }) => {
      const layer = new LayerNorm(2);
      const own = new LayerNorm(2, { eps: 0.1, dtype: 'float64' });
      const flat = tensor([[0.1, 0.1, 0.1]], { dtype: 'float64' });
      const slope = grad((z: Tensor) =>
        sum(layerNorm(z, { normalizedShape: 3, eps: 0 }).mul(tensor([1, 2, 4]).astype('float64'))),
      );
      const said = layerNorm(x, { normalizedShape: 2, eps: 1e-5 });
      return Math.min(
        exactly(layerNorm(x, { normalizedShape: 2 }), said),
        holds(layer.eps === 1e-5),
        exactly(own.forward(x), layerNorm(x, { normalizedShape: 2, eps: 0.1 })),
        // The mean of equal values may be rounded; they are exactly 0 apart from it all the same.
        exactly(layerNorm(flat, { normalizedShape: 3 }), flat.mul(0)),
        exactly(slope(flat), flat.mul(0)),
        exactly(layer.weight!.read(), [1, 1]),
        exactly(layer.bias!.read(), [0, 0]),
      );
    },
    effort: 0.25,
  }),
];
