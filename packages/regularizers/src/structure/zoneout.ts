import { resolveArguments } from '../arguments.ts';
import type { Argument, Method } from '../method.ts';
import { zoneout } from './zoneout-function.ts';

export type { ZoneoutRates } from './zoned.ts';
export { type ZoneoutOptions, zoneout } from './zoneout-function.ts';
export {
  Zoneout,
  type ZoneoutableCell,
  type ZoneoutableLayer,
  ZoneoutCell,
  type ZoneoutResult,
} from './zoneout-layers.ts';

const settings = [
  {
    name: 'hidden',
    description: 'probability of keeping a hidden state',
    default: 0.05,
    source: "the paper's language models",
    min: 0,
    max: 1,
  },
  {
    name: 'cell',
    description: 'probability of keeping a cell state of an LSTM',
    default: 0.5,
    source: "the paper's language models",
    min: 0,
    max: 1,
  },
] as const satisfies readonly Argument[];

/** Registry entry of zoneout. */
export const zoneoutMethod: Method = {
  id: 'zoneout',
  section: 'relative',
  title: 'Zoneout',
  family: 'structure',
  statement: String.raw`h_t = d \odot h_{t-1} + (1 - d) \odot \tilde h_t, \quad d_i \sim \mathrm{Bernoulli}(p) \text{ in training}; \qquad h_t = p\, h_{t-1} + (1 - p)\, \tilde h_t \text{ in evaluation}`,
  reference: {
    authors:
      'D. Krueger, T. Maharaj, J. Kramar, M. Pezeshki, N. Ballas, N. R. Ke, A. Goyal, Y. Bengio, A. Courville, C. Pal',
    title: 'Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations',
    venue: 'ICLR',
    year: 2017,
    arxiv: '1606.01305',
  },
  arguments: settings,
  notes: [
    'It is for recurrent layers, of which the networks of comparisons have none: its recipe changes nothing. Put Zoneout or ZoneoutCell around a layer.',
    'p is the probability of keeping the previous value, and nothing is rescaled.',
    'As in the paper, the hidden candidate of an LSTM is computed from the cell candidate, not from the cell state that zoneout leaves.',
  ],
  networks: [],
  recipe: (plan, values) => {
    resolveArguments('zoneout', settings, values);
    return plan;
  },
  gradientCases: (draw) => {
    const shape = draw.shape();
    const [p, training] = [draw.pick([0, 0.3, 1]), draw.pick([false, true])];
    const zoned = draw.booleans(shape);
    return {
      f: (previous, next) => {
        const h = zoneout(previous!, next!, { p, training, zoned });
        return h.mul(h).sum();
      },
      args: [draw.tensor(shape), draw.tensor(shape)],
    };
  },
};
