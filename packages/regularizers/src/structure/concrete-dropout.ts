import { Linear } from '@tikhonov/nn';
import { resolveArguments } from '../arguments.ts';
import type { Argument, Method, PlanPart } from '../method.ts';
import { concreteDropout, concreteDropoutPenalty } from './concrete-dropout-functions.ts';
import { ConcreteDropout, concreteDropoutTerm } from './concrete-dropout-layer.ts';
import { replaceLayer } from './plain-layer.ts';

const settings = [
  {
    name: 'weightRegularizer',
    description: 'strength for the weights: loss per square of a weight',
    default: 1e-6,
    source: "the authors' code",
    min: 0,
  },
  {
    name: 'dropoutRegularizer',
    description: 'strength for the probabilities: loss per nat of entropy and input',
    default: 1e-3,
    source: 'ours, for small networks; the paper has 1 / rows, its code 1e-5',
    min: 0,
  },
  {
    name: 'p',
    description: 'probability of dropping that training begins with',
    default: 0.1,
    source: "the authors' code",
    min: 0,
    max: 1,
    open: 'both',
  },
] as const satisfies readonly Argument[];

/** Registry entry of concrete dropout. */
export const concreteDropoutMethod: Method = {
  id: 'concrete-dropout',
  section: 'relative',
  title: 'Concrete dropout',
  family: 'structure',
  statement: String.raw`x \mapsto \frac{x \odot (1 - z)}{1 - p}, \quad z = \sigma\!\left(\frac{1}{t}\left(\log\frac{p}{1 - p} + \log\frac{u}{1 - u}\right)\right), \quad + \; \lambda_w \frac{\lVert W \rVert^2}{1 - p} - \lambda_d K H(p)`,
  reference: {
    authors: 'Y. Gal, J. Hron, A. Kendall',
    title: 'Concrete Dropout',
    venue: 'NIPS',
    year: 2017,
    arxiv: '1705.07832',
  },
  arguments: settings,
  notes: [
    'Gradients reach the input and the probability; of all kinds of dropout only here decisions are not constants for the gradient.',
    'For small temperatures a unit is dropped iff u > 1 - p, the mirror image of the other kinds of dropout.',
    'Draws are cut off to [1e-7, 1 - 1e-7]; probabilities are not.',
    'In the paper the strengths are l^2 / n and 1 / n for n rows, or 2 / n for regression.',
    'The recipe puts it on the inputs of all linear layers, that of the network and of the last one included, as the authors.',
  ],
  recipe: (plan, values) => {
    const { p, ...strengths } = resolveArguments('concrete-dropout', settings, values);
    const put: PlanPart = (part) =>
      replaceLayer(part, Linear, (layer) => new ConcreteDropout(layer, { p }));
    return {
      ...plan,
      parts: [...plan.parts, put],
      penalties: [...plan.penalties, (model) => concreteDropoutTerm(model, strengths)],
    };
  },
  gradientCases: (draw) => {
    const [n, into] = [draw.integer(1, 3), draw.integer(1, 3)];
    const temperature = draw.pick([0.5, 2 / 3, 1]);
    const u = draw.tensor([n, into], { min: 0.1, max: 0.9 });
    return {
      f: (x, pLogit, weight) => {
        const y = concreteDropout(x!, pLogit!, { temperature, training: true, u });
        const strengths = { weightRegularizer: 0.3, dropoutRegularizer: 0.7 };
        return y
          .mul(y)
          .sum()
          .add(concreteDropoutPenalty(weight!, pLogit!, strengths));
      },
      args: [draw.tensor([n, into]), draw.tensor([], { min: -2, max: 1 }), draw.tensor([2, into])],
    };
  },
};
