import { drawn, type Law, law } from '@tikhonov/check';
import {
  grad,
  ones,
  random,
  stack,
  sum,
  type Tensor,
  unbind,
  zeros,
  zerosLike,
} from '@tikhonov/core';
import { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell } from '@tikhonov/nn';
import { annealedLaw } from '../laws/annealed.ts';
import { real } from '../laws/draws.ts';
import { evaluationFormLaw } from '../laws/evaluation-form.ts';
import { exactly, holds, near } from '../laws/slack.ts';
import { Zoneout, ZoneoutCell } from './zoneout.ts';

const training = true;
const layers = { RNN, GRU, LSTM };
const cells = { RNN: RNNCell, GRU: GRUCell, LSTM: LSTMCell };
const kinds = ['RNN', 'GRU', 'LSTM'] as const;

/** Without weights the next state is never the 1 that it began with, so what is 1 has been kept. */
const none = (_key: Tensor, shape: readonly number[]): Tensor => zeros(shape);
const weightless = { seed: 0, weightIhInit: none, weightHhInit: none, biasInit: none } as const;

/** Which units of a state of ones have been kept. */
const keptIn = (state: Tensor): readonly boolean[] => Array.from(state.data(), (y) => y === 1);

/** How far a count of decisions is from that of a probability: 0 at 7.2 standard deviations. */
const countScore = (bits: readonly boolean[], probability: number): number => {
  const n = bits.length;
  const deviation = Math.sqrt(n * probability * (1 - probability));
  return 1 - Math.abs(bits.filter(Boolean).length - n * probability) / deviation / 7.2;
};

/** What the layer and the cell with zoneout promise. */
export const zoneoutLayerLaws: readonly Law[] = [
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
      'Every step, layer, direction and state of a layer has draws of its own: of n units n p^2 keep their first value for two steps, and n p^4 do so in any two places or states at once.',
    cases: drawn((draw) => ({ seed: draw.integer(0, 2 ** 30) })),
    slack: ({ seed }) => {
      const [rows, units, p] = [100, 20, 0.6];
      const layer = new Zoneout(
        new LSTM(1, units, { ...weightless, numLayers: 2, bidirectional: true }),
        { hidden: p, cell: p },
      );
      const start = ones([4, rows, units]);
      const context = { h: start, c: start, training, rng: random.key(seed) };
      const { h, c } = layer.unroll(zeros([2, rows, 1]), context);
      const states = [...unbind(h), ...unbind(c!)].map(keptIn);
      return Math.min(
        ...states.flatMap((one, i) => [
          countScore(one, p ** 2),
          ...states.slice(0, i).map((other) =>
            countScore(
              one.map((bit, k) => bit && other[k]!),
              p ** 4,
            ),
          ),
        ]),
      );
    },
    effort: 0.1,
  }),
  law({
    id: 'zoneout/cell-draws',
    statement:
      'Around a cell, hidden and cell states have draws of their own, at their rates, and another key gives others: counts of what is kept by one and by both are within 7.2 standard deviations.',
    cases: drawn((draw) => ({
      seed: draw.integer(0, 2 ** 30),
      step: draw.integer(0, 1000),
      kind: draw.pick(kinds),
      hidden: real(draw, 0.2, 0.8),
      cell: real(draw, 0.2, 0.8),
    })),
    slack: ({ seed, step, kind, hidden, cell }) => {
      const [rows, units] = [100, 20];
      const single = new cells[kind](1, units, weightless);
      const isLstm = kind === 'LSTM';
      const stepper = new ZoneoutCell(single, isLstm ? { hidden, cell } : { hidden });
      const start = ones([rows, units]);
      const [now, next] = [step, step + 1].map((at) => {
        const rng = random.foldIn(random.key(seed), at);
        const state = isLstm ? { h: start, c: start } : { h: start };
        const { h, c = null } = stepper.step(zeros([rows, 1]), { ...state, training, rng });
        return { h: keptIn(h), c: c === null ? null : keptIn(c) };
      });
      const both = (a: readonly boolean[], b: readonly boolean[]): boolean[] =>
        a.map((bit, k) => bit && b[k]!);
      const { h, c } = now!;
      return Math.min(
        countScore(h, hidden),
        countScore(both(h, next!.h), hidden ** 2),
        c === null ? 1 : countScore(c, cell),
        c === null ? 1 : countScore(both(h, c), hidden * cell),
        c === null ? 1 : countScore(both(c, next!.c!), cell ** 2),
        c === null ? 1 : countScore(both(h, next!.c!), hidden * cell),
      );
    },
    effort: 0.25,
  }),
  law({
    id: 'zoneout/through-time',
    statement:
      'Gradients flow from step to step through what is kept and what is new: of a layer they are those of the cell with zoneout step by step, and in training at rates of 1 all of it reaches the initial state. A key draws nothing in evaluation.',
    cases: drawn((draw) => ({
      kind: draw.pick(kinds),
      x: draw.tensor([3, 2, 2]),
      h: draw.tensor([1, 2, 3]),
      c: draw.tensor([1, 2, 3]),
      slope: draw.tensor([3, 2, 3]),
      seed: draw.integer(0, 1000),
      hidden: real(draw, 0, 1),
      cell: real(draw, 0, 1),
    })),
    slack: ({ kind, x, h, c, slope, seed, hidden, cell }) => {
      const options = { seed, dtype: 'float64' } as const;
      const plain = new layers[kind](2, 3, options);
      const single = new cells[kind](2, 3, options);
      const isLstm = kind === 'LSTM';
      const weights = Object.values(plain.stateDict());
      for (const [i, p] of single.parameters().entries()) p.write(weights[i]!);
      const ratesOf = (a: number, b: number) => (isLstm ? { hidden: a, cell: b } : { hidden: a });
      const stepper = new ZoneoutCell(single, ratesOf(hidden, cell));
      const layer = new Zoneout(plain, ratesOf(hidden, cell));
      const starts = isLstm ? [h, c] : [h];
      const stateOf = ([a, b]: readonly Tensor[]) => (isLstm ? { h: a!, c: b! } : { h: a! });
      const whole = ([rows, ...given]: readonly Tensor[]): Tensor => {
        const { output, h: last, c: memory } = layer.unroll(rows!, stateOf(given));
        const all = sum(output.mul(slope)).add(sum(last));
        return memory === undefined ? all : all.add(sum(memory));
      };
      const stepped = ([rows, ...given]: readonly Tensor[]): Tensor => {
        let state: { readonly h: Tensor; readonly c?: Tensor } = stateOf(
          given.map((y) => unbind(y)[0]!),
        );
        const outputs = unbind(rows!).map((row) => {
          state = stepper.step(row, state);
          return state.h;
        });
        const all = sum(stack(outputs).mul(slope)).add(sum(state.h));
        return state.c === undefined ? all : all.add(sum(state.c));
      };
      const [got, want] = [grad(whole)([x, ...starts]), grad(stepped)([x, ...starts])];
      const rng = random.key(seed);
      const frozen = new Zoneout(plain, ratesOf(1, 1));
      const [kept] = grad((given: readonly Tensor[]) =>
        sum(frozen.forward(x, { ...stateOf(given), training, rng }).mul(slope)),
      )(starts);
      const start = stateOf(starts);
      return Math.min(
        ...want.map((g, k) => near(got[k]!, g, 1e-12)),
        near(kept!, sum(slope, { axis: 0, keepdims: true }), 1e-14),
        exactly(layer.forward(x, { ...start, rng }), layer.forward(x, start)),
      );
    },
    effort: 0.25,
  }),
  annealedLaw('zoneout', {
    layer: (hidden) => new Zoneout(new GRU(2, 8, { seed: 0, dtype: 'float64' }), { hidden }),
    input: (draw) => draw.tensor([2, 1, 2]),
  }),
  annealedLaw('zoneout/cells', {
    layer: (cell) => new Zoneout(new LSTM(2, 8, { seed: 0, dtype: 'float64' }), { cell }),
    input: (draw) => draw.tensor([2, 1, 2]),
  }),
  evaluationFormLaw('zoneout', {
    settings: (draw) => ({
      kind: draw.pick(kinds),
      hidden: draw.pick([0, 0, real(draw, 0.1, 1)]),
      cell: draw.pick([0, 0, real(draw, 0.1, 1)]),
    }),
    input: (draw) => draw.tensor([3, 2, 2]),
    layer: ({ kind, hidden, cell }) =>
      new Zoneout(
        new layers[kind](2, 3, { seed: 0, dtype: 'float64' }),
        kind === 'LSTM' ? { hidden, cell } : { hidden },
      ),
    hasForm: ({ kind, hidden, cell }) => hidden === 0 && (kind !== 'LSTM' || cell === 0),
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
];
