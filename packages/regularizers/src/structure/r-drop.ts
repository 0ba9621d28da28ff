import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { Dropout } from './dropout.ts';
import { behindActivations } from './places.ts';
import { rDropLoss } from './r-drop-loss.ts';
import { rDropTerm } from './r-drop-passes.ts';

export { type RDropSettings, rDropLoss } from './r-drop-loss.ts';
export { type RDropOptions, type RDropTermOptions, rDrop, rDropTerm } from './r-drop-passes.ts';
export { symmetricKl } from './symmetric-kl.ts';

const settings = [
  {
    name: 'alpha',
    description: 'strength, loss per nat of divergence between the two predictions',
    default: 1,
    source: 'ours; the paper tunes it for each task, from 0.5 to 5',
    min: 0,
  },
  {
    name: 'p',
    description: 'probability of dropping a hidden unit',
    default: 0.5,
    source: 'the rate of dropout on hidden units',
    min: 0,
    max: 1,
    open: 'max',
  },
] as const satisfies readonly Argument[];

/** Registry entry of R-Drop. */
export const rDropMethod: Method = {
  id: 'r-drop',
  section: '2.6',
  title: 'R-Drop (regularized dropout)',
  family: 'structure',
  statement: String.raw`\min_w \frac{1}{N} \sum_n -\log p_1(y_n) - \log p_2(y_n) + \frac{\alpha}{2} \left( \mathrm{KL}(p_1 \| p_2) + \mathrm{KL}(p_2 \| p_1) \right), \quad p_i = p(\cdot \mid x_n; \text{mask } i)`,
  reference: {
    authors: 'X. Liang, L. Wu, J. Li, Y. Wang, Q. Meng, T. Qin, W. Chen, M. Zhang, T. Liu',
    title: 'R-Drop: Regularized Dropout for Neural Networks',
    venue: 'NeurIPS',
    year: 2021,
    arxiv: '2106.14448',
  },
  arguments: settings,
  notes: [
    "Both likelihood terms are added, as in the paper; popular code takes their mean (nll: 'mean'), which doubles the effective alpha.",
    'Reductions are unstated in the post that the survey links: here classes are summed and rows averaged, in both terms.',
    'Gradients flow into both predictions through both divergences.',
    'The data loss that a run reports is that of the first pass; the second one counts as penalty.',
  ],
  recipe: (plan, values) => {
    const { alpha, p } = resolveArguments('r-drop', settings, values);
    return {
      ...plan,
      parts: [...plan.parts, behindActivations(() => new Dropout({ p }))],
      penalties: [...plan.penalties, () => rDropTerm({ alpha })],
    };
  },
  gradientCases: (draw) => {
    const [n, classes] = [draw.integer(1, 2), draw.integer(2, 3)];
    const labels = draw.integers([n], 0, classes - 1);
    const options = {
      alpha: draw.pick([0, 0.7]),
      nll: draw.pick(['sum', 'mean'] as const),
      reduction: draw.pick(['sum', 'mean'] as const),
    };
    return {
      f: (a, b) => rDropLoss(a!, b!, labels, options),
      args: [draw.tensor([n, classes]), draw.tensor([n, classes])],
    };
  },
};
