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
import { GRU, GRUCell, LSTM, LSTMCell, type RecurrentOptions, RNN, RNNCell } from '@tikhonov/nn';
import { allMasks } from '../laws/all-masks.ts';
import { decisionLaws, pairs } from '../laws/decisions.ts';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { Zoneout, ZoneoutCell, zoneout, zoneoutMethod } from './zoneout.ts';

const held = (p: number, inCell: boolean): number | Cell =>
  inCell ? new Cell(tensor(p, { dtype: 'float64' })) : p;

const training = true;
const layers = { RNN, GRU, LSTM };
const cells = { RNN: RNNCell, GRU: GRUCell, LSTM: LSTMCell };
const kinds = ['RNN', 'GRU', 'LSTM'] as const;

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
  law({
    id: 'zoneout/cells',
    statement:
      'Around a cell, each state is mixed with the one given, at its own rate; the hidden candidate of an LSTM is that of the cell candidate.',
    cases: drawn((draw) => ({
      kind: draw.pick(kinds),
      x: draw.tensor([2, 3]),
      h: draw.tensor([2, 4]),
      c: draw.tensor([2, 4]),
      seed: draw.integer(0, 1000),
      hidden: draw.pick([0, 0.3, 1]),
      cell: draw.pick([0, 0.6, 1]),
    })),
    slack: ({ kind, x, h, c, seed, hidden, cell }) => {
      const plain = new cells[kind](3, 4, { seed, dtype: 'float64' });
      const isLstm = plain instanceof LSTMCell;
      const wrapped = new ZoneoutCell(plain, isLstm ? { hidden, cell } : { hidden });
      const state = isLstm ? { h, c } : { h };
      const next = isLstm ? plain.step(x, state) : { h: plain.forward(x, state), c };
      const mixed = (a: Tensor, b: Tensor, p: number): Tensor => a.mul(p).add(b.mul(1 - p));
      const evaluated = wrapped.step(x, state);
      const rng = random.key(seed);
      const trained = wrapped.step(x, { ...state, training, rng });
      const fromZero = wrapped.forward(x);
      const first = mixed(zerosLike(h), plain.forward(x), hidden);
      const isOneOf = (got: Tensor, a: Tensor, b: Tensor): boolean =>
        got.data().every((value, i) => value === a.data()[i] || value === b.data()[i]);
      return Math.min(
        near(evaluated.h, mixed(h, next.h, hidden), 1e-13),
        isLstm ? near(evaluated.c!, mixed(c, next.c, cell), 1e-13) : 1,
        holds(isOneOf(trained.h, h, next.h) && (!isLstm || isOneOf(trained.c!, c, next.c))),
        exactly(wrapped.forward(x, { ...state, training, rng }), trained.h),
        near(fromZero, first, 1e-13),
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'zoneout/layers',
    statement:
      'Within a layer, evaluation is the cell with zoneout step by step; rates of 0 give the layer itself, rates of 1 the initial states.',
    cases: drawn((draw) => ({
      kind: draw.pick(kinds),
      x: draw.tensor([3, 2, 3]),
      h: draw.tensor([1, 2, 4]),
      c: draw.tensor([1, 2, 4]),
      seed: draw.integer(0, 1000),
      hidden: real(draw, 0, 1),
      cell: real(draw, 0, 1),
    })),
    slack: ({ kind, x, h, c, seed, hidden, cell }) => {
      const options = { seed, dtype: 'float64' } as const;
      const plain = new layers[kind](3, 4, options);
      const single = new cells[kind](3, 4, options);
      const isLstm = kind === 'LSTM';
      const start = isLstm ? { h, c } : { h };
      const weights = Object.values(plain.stateDict());
      for (const [i, p] of single.parameters().entries()) p.write(weights[i]!);
      const ratesOf = (a: number, b: number) => (isLstm ? { hidden: a, cell: b } : { hidden: a });
      const stepper = new ZoneoutCell(single, ratesOf(hidden, cell));
      let state: { readonly h: Tensor; readonly c?: Tensor } = isLstm
        ? { h: unbind(h)[0]!, c: unbind(c)[0]! }
        : { h: unbind(h)[0]! };
      const outputs = unbind(x).map((row) => {
        state = stepper.step(row, state);
        return state.h;
      });
      const wrapped = new Zoneout(plain, ratesOf(hidden, cell)).unroll(x, start);
      const rng = random.key(seed);
      const noisy = { ...start, training, rng };
      const mixed = new Zoneout(plain, ratesOf(hidden, cell));
      const free = new Zoneout(plain, ratesOf(0, 0)).unroll(x, { ...start, training, rng });
      const frozen = new Zoneout(plain, ratesOf(1, 1)).unroll(x, { ...start, training, rng });
      const still = unbind(h)[0]!;
      return Math.min(
        near(wrapped.output, stack(outputs), 1e-12),
        near(wrapped.h, state.h.reshape([1, 2, 4]), 1e-12),
        isLstm ? near(wrapped.c!, state.c!.reshape([1, 2, 4]), 1e-12) : 1,
        exactly(free.output, plain.forward(x, start)),
        exactly(mixed.forward(x, noisy), mixed.unroll(x, noisy).output),
        exactly(frozen.output, stack([still, still, still])),
        isLstm ? exactly(frozen.c!, c) : 1,
      );
    },
    effort: 0.5,
  }),
  law({
    id: 'zoneout/steps-draw-anew',
    statement:
      'Every step, layer, direction and state of a layer has draws of its own: of n units n p^k keep their first value for k steps.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30), where: draw.pick([0, 1, 2, 3]) })),
    slack: ({ seed, where: place }) => {
      const n = 1000;
      // Without weights the next state is 0 whatever the state is, so what is not 0 has been kept.
      const none = (_key: Tensor, shape: readonly number[]): Tensor => zeros(shape);
      const options: RecurrentOptions = {
        seed: 0,
        numLayers: 2,
        bidirectional: true,
        weightIhInit: none,
        weightHhInit: none,
        biasInit: none,
      };
      const p = 0.6;
      const layer = new Zoneout(new LSTM(1, n, options), { hidden: p, cell: p });
      const start = ones([4, 1, n]);
      const context = { h: start, c: start, training, rng: random.key(seed) };
      const { h, c } = layer.unroll(zeros([2, 1, 1]), context);
      const kept = (state: Tensor): boolean[] =>
        Array.from(unbind(state)[place]!.data(), (value) => value === 1);
      const [mine, cell] = [kept(h), kept(c!)];
      const others = [1, 2].map((further) => {
        const state = unbind(h)[(place + further) % 4]!;
        return Array.from(state.data(), (value) => value === 1);
      });
      const score = (count: number, probability: number): number =>
        1 -
        Math.abs(count - n * probability) / Math.sqrt(n * probability * (1 - probability)) / 7.2;
      const both = (a: readonly boolean[], b: readonly boolean[]): number =>
        a.filter((bit, i) => bit && b[i]!).length;
      return Math.min(
        score(mine.filter(Boolean).length, p ** 2),
        score(both(mine, cell), p ** 4),
        ...others.map((other) => score(both(mine, other), p ** 4)),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'zoneout/padding',
    statement:
      'What lies behind the end of a sequence changes no state, in a layer with zoneout too.',
    cases: drawn((draw) => ({
      x: draw.tensor([3, 2, 2]),
      seed: draw.integer(0, 1000),
      kind: draw.pick(kinds),
      noisy: draw.pick([true, false]),
    })),
    slack: ({ x, seed, kind, noisy }) => {
      const layer = new Zoneout(new layers[kind](2, 3, { seed, dtype: 'float64' }), {
        hidden: 0.4,
      });
      const context = noisy ? { training, rng: random.key(seed) } : {};
      const padded = layer.unroll(x, { ...context, lengths: [2, 2] });
      const cut = layer.unroll(stack(unbind(x).slice(0, 2)), context);
      return Math.min(exactly(padded.h, cut.h), exactly(unbind(padded.output)[2]!, zeros([2, 3])));
    },
    effort: 0.25,
  }),
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
