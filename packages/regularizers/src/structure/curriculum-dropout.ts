import { Dropout } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { behindActivations } from './places.ts';
import { Scheduled } from './scheduled.ts';
import { curriculumRate } from './schedules.ts';

const settings = [
  {
    name: 'p',
    description: 'probability of dropping a hidden unit in the end',
    default: 0.5,
    source: 'as dropout',
    min: 0,
    max: 1,
    open: 'max',
  },
  {
    name: 'steps',
    description: 'steps of the training; after a tenth of them the rate is at 63 % of p',
    default: 200,
    source: 'ours, for some hundred rows and tens of epochs',
    min: 1,
    integer: true,
  },
] as const satisfies readonly Argument[];

/** Registry entry of curriculum dropout. */
export const curriculumDropoutMethod: Method = {
  id: 'curriculum-dropout',
  section: 'relative',
  title: 'Curriculum dropout',
  family: 'structure',
  statement: String.raw`h \mapsto \frac{m \odot h}{1 - p_t}, \quad m_i \sim \mathrm{Bernoulli}(1 - p_t), \quad p_t = p\,(1 - e^{-\gamma t}), \; \gamma = 10 / T`,
  reference: {
    authors: 'P. Morerio, J. Cavazza, R. Volpi, R. Vidal, V. Murino',
    title: 'Curriculum Dropout',
    venue: 'ICCV',
    year: 2017,
    arxiv: '1703.06229',
  },
  arguments: settings,
  notes: [
    'The survey does not treat it.',
    'The paper writes the probability of keeping, (1 - keep) exp(-gamma t) + keep; a public port has its signs wrong.',
    'Any schedule and any layer can be combined in the same way: Scheduled, with linearRamp or the schedules of optim.',
    'Behind every hidden activation, as dropout; each layer counts its own steps.',
  ],
  recipe: (plan, values) => {
    const { p, steps } = resolveArguments('curriculum-dropout', settings, values);
    const make = (): Scheduled<Dropout> =>
      new Scheduled(curriculumRate(p, steps), (rate) => new Dropout({ p: rate }));
    return { ...plan, parts: [...plan.parts, behindActivations(make)] };
  },
};
