import { mul, type Tensor } from '@tikhonov/core';
import { requireOptions } from '@tikhonov/core/engine';
import {
  childContext,
  type ForwardContext,
  type LayerLike,
  Module,
  Residual,
  Sequential,
} from '@tikhonov/nn';
import { callLayer, type EvaluationForm, requireContext, requireLayer } from '@tikhonov/nn/engine';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { drawing } from './keep-mask.ts';
import { insteadOfBlocks, withBody } from './residual-blocks.ts';
import {
  requireShakes,
  type ShakeShakeSettings,
  shakeShake,
  shakeShakeNames,
} from './shake-shake-function.ts';

/**
 * Two branches of the same input, mixed at random; see `shakeShake`. It is the body of a residual block: put it into
 * `nn.Residual`. Parameters are named `branch1...` and `branch2...`.
 *
 * @throws TypeError for what is no layer and for other words
 * @example
 * ```ts
 * const branch = (seed: number) => new nn.Linear(2, 2, { seed });
 * const block = new nn.Residual(new reg.ShakeShake(branch(0), branch(1)));
 * block.forward(ones([3, 2]), { training: true, rng: random.key(0) }).shape; // => [3, 2]
 * ```
 */
export class ShakeShake extends Module implements EvaluationForm {
  readonly branch1: LayerLike;
  readonly branch2: LayerLike;
  readonly settings: Required<ShakeShakeSettings>;

  constructor(branch1: LayerLike, branch2: LayerLike, options: ShakeShakeSettings = {}) {
    super();
    requireLayer('ShakeShake: branch1', branch1);
    requireLayer('ShakeShake: branch2', branch2);
    requireOptions('ShakeShake', options, shakeShakeNames);
    this.branch1 = branch1;
    this.branch2 = branch2;
    this.settings = requireShakes('ShakeShake', options);
  }

  override describe(): string {
    const { forward, backward, level } = this.settings;
    return `ShakeShake(${forward}-${backward}-${level})`;
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    requireContext(this, context);
    const [f1, f2] = [
      callLayer(this.branch1, 'branch1', x, context),
      callLayer(this.branch2, 'branch2', x, context),
    ];
    return shakeShake(f1, f2, { ...this.settings, ...drawing(childContext(context, 'weights')) });
  }

  /** The sum of the halved branches. */
  inEvaluation(): LayerLike {
    const halved = (branch: LayerLike): LayerLike => new Sequential(branch, (y) => mul(y, 0.5));
    return new Residual(halved(this.branch2), { projection: halved(this.branch1) });
  }
}

const settings = [] as const satisfies readonly Argument[];

/** Registry entry of Shake-Shake. */
export const shakeShakeMethod: Method = {
  id: 'shake-shake',
  section: 'relative',
  title: 'Shake-Shake',
  family: 'structure',
  statement: String.raw`y = x + \alpha F_1(x) + (1 - \alpha) F_2(x), \quad \frac{\partial L}{\partial F_1} = \beta \frac{\partial L}{\partial y}, \ \frac{\partial L}{\partial F_2} = (1 - \beta) \frac{\partial L}{\partial y}, \quad \alpha, \beta \sim U(0, 1)`,
  reference: {
    authors: 'X. Gastaldi',
    title: 'Shake-Shake regularization',
    venue: 'arXiv',
    year: 2017,
    arxiv: '1705.07485',
  },
  arguments: settings,
  notes: [
    'The gradient belongs to another mixture than the value, so that finite differences do not agree with it; this is what the method is.',
    'Weights are drawn for each image; in evaluation both branches count 1/2.',
    'Every block of the network has a second branch of the same structure with weights of its own: it has about twice the parameters of the plain network.',
  ],
  networks: ['resnet'],
  recipe: (plan, values) => {
    resolveArguments('shake-shake', settings, values);
    const part = insteadOfBlocks('shake-shake', (block, { branch }, { key }) =>
      withBody(block, new ShakeShake(block.body, branch!(key))),
    );
    return { ...plan, parts: [...plan.parts, part] };
  },
};
