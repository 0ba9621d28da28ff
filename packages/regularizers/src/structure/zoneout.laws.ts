import { drawn, type Law, law } from '@tikhonov/check';
import {
  add,
  Cell,
  grad,
  mul,
  ones,
  random,
  stack,
  sum,
  type Tensor,
  tensor,
  unbind,
  where,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { GRU, GRUCell, LSTM, LSTMCell, RNN } from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { Zoneout, ZoneoutCell, zoneout, zoneoutMethod } from './zoneout.ts';
import { zoneoutLayerLaws } from './zoneout-layers.laws.ts';

const held = (p: number, inCell: boolean): number | Cell =>
  inCell ? new Cell(tensor(p, { dtype: 'float64' })) : p;

const training = true;

/** What zoneout promises. */
export const zoneoutLaws: readonly Law[] = [
  law({
    id: 'zoneout/evaluation',
    statement:
      'Evaluation is the mean of training over all decisions, p previous + (1 - p) next, and draws nothing.',
    cases: drawn((draw) => {
      const shape = [draw.integer(0, 4)];
      return {
        previous: draw.tensor(shape),
        next: draw.tensor(shape),
        p: real(draw, 0, 1),
        inCell: draw.pick([true, false]),
      };
    }),
    slack: ({ previous, next, p, inCell }) => {
      let mean = zerosLike(next);
      for (const { mask, probability } of allMasks(next.shape, 1 - p)) {
        const y = zoneout(previous, next, { p: held(p, inCell), training, zoned: mask });
        mean = add(mean, mul(y, probability));
      }
      const evaluated = zoneout(previous, next, { p: held(p, inCell) });
      const keyed = zoneout(previous, next, { p: held(p, inCell), rng: random.key(1) });
      return Math.min(
        near(mean, evaluated, 1e-13),
        near(evaluated, previous.mul(p).add(next.mul(1 - p)), 1e-14),
        exactly(keyed, evaluated),
      );
    },
  }),
  law({
    id: 'zoneout/extremes',
    statement:
      'p = 0 is the next state and p = 1 the previous one, bit for bit, in training and evaluation, whatever the other state is.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        state: draw.tensor(shape),
        bad: draw.pick([Number.NaN, Infinity, 0]),
        seed: draw.integer(0, 1000),
        inCell: draw.pick([true, false]),
      };
    }),
    slack: ({ state, bad, seed, inCell }) => {
      const other = add(zerosLike(state), bad);
      const ways = [{}, { training, rng: random.key(seed) }];
      return Math.min(
        ...ways.map((way) => exactly(zoneout(other, state, { p: held(0, inCell), ...way }), state)),
        ...ways.map((way) => exactly(zoneout(state, other, { p: held(1, inCell), ...way }), state)),
      );
    },
  }),
  law({
    id: 'zoneout/split',
    statement:
      'Each unit takes the previous value where it is zoned and the next one elsewhere, unscaled; the gradient splits in the same way, and NaN that is not taken is harmless.',
    cases: drawn((draw) => {
      const shape = draw.shape();
      return {
        previous: draw.tensor(shape),
        next: draw.tensor(shape),
        slope: draw.tensor(shape),
        zoned: draw.booleans(shape),
        bad: draw.pick([Number.NaN, Infinity]),
      };
    }),
    slack: ({ previous, next, slope, zoned, bad }) => {
      const f = ([a, b]: readonly Tensor[]): Tensor => zoneout(a!, b!, { p: 0.3, training, zoned });
      const [before, after] = [where(zoned, previous, bad), where(zoned, bad, next)];
      const [db, da] = grad((both: readonly Tensor[]) => sum(f(both).mul(slope)))([before, after]);
      return Math.min(
        exactly(f([before, after]), where(zoned, previous, next)),
        exactly(db!, where(zoned, slope, 0)),
        exactly(da!, where(zoned, 0, slope)),
      );
    },
  }),
  law({
    id: 'zoneout/expected-share',
    statement:
      'Of n units n p keep their value on average: the count is within 7.2 standard deviations, sqrt(n p (1 - p)).',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 2 ** 30),
      p: real(draw, 0.05, 0.95),
      inCell: draw.pick([true, false]),
    })),
    slack: ({ seed, p, inCell }) => {
      const n = 2000;
      const [previous, next] = [ones([n]), zeros([n])];
      const options = { p: held(p, inCell), training, rng: random.key(seed) };
      const kept = sum(zoneout(previous, next, options)).item();
      return 1 - Math.abs(kept - n * p) / Math.sqrt(n * p * (1 - p)) / 7.2;
    },
    effort: 0.5,
  }),
  ...zoneoutLayerLaws,
  law({
    id: 'zoneout/batch-order',
    statement: 'With given decisions, the order of the batch is the order of the results.',
    cases: drawn((draw) => ({
      previous: draw.tensor([3, 2]),
      next: draw.tensor([3, 2]),
      zoned: draw.booleans([3, 2]),
    })),
    slack: ({ previous, next, zoned }) => {
      const turned = (x: Tensor): Tensor => stack(unbind(x).toReversed());
      const y = zoneout(previous, next, { p: 0.3, training, zoned });
      const options = { p: 0.3, training, zoned: turned(zoned) };
      return exactly(zoneout(turned(previous), turned(next), options), turned(y));
    },
  }),
  law({
    id: 'zoneout/defaults',
    statement:
      'Hidden states are kept with probability 0.05 and cell states with 0.5; only an LSTM has cell states. The recipe changes nothing.',
    cases: drawn((draw) => ({ a: draw.tensor([3]), b: draw.tensor([3]) })),
    slack: ({ a, b }) => {
      const lstm = new Zoneout(new LSTM(1, 1, { seed: 0 }));
      const single = new ZoneoutCell(new LSTMCell(1, 1, { seed: 0 }));
      const gru = new Zoneout(new GRU(1, 1, { seed: 0 }));
      const refused = [
        () => new Zoneout(new RNN(1, 1, { seed: 0 }), { cell: 0.5 }),
        () => new ZoneoutCell(new GRUCell(1, 1, { seed: 0 }), { cell: 0.5 }),
      ];
      return Math.min(
        exactly(zoneout(a, b), zoneout(a, b, { p: 0.05 })),
        holds(lstm.hidden === 0.05 && lstm.cell === 0.5 && gru.cell === null),
        holds(single.hidden === 0.05 && single.cell === 0.5 && gru.hidden === 0.05),
        ...refused.map((make) => holds(thrown(make) instanceof TypeError)),
        recipeTakes(zoneoutMethod, { hidden: 0.05, cell: 0.5 }),
        holds(zoneoutMethod.recipe(plainPlan, {}) === plainPlan),
      );
    },
    effort: 0.1,
  }),
  ...decisionLaws('zoneout', (n, rng, dtype) =>
    zoneout(pairs(n, dtype), pairs(n, dtype).mul(0), { p: 0.4, training, rng }),
  ),
];
