import { drawn, type Law, law } from '@tikhonov/check';
import { Cell, mul, parameter, random, sum, type Tensor, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { sgd } from '@tikhonov/optim';
import { recipeTakes } from '../laws/defaults.ts';
import { real } from '../laws/draws.ts';
import { atMost, exactly, holds, near } from '../laws/slack.ts';
import { stoppedRun } from '../laws/stopped-weights.ts';
import { thrown } from '../laws/thrown.ts';
import { plainPlan } from '../registry.ts';
import { averageWeights, averaging, ema, emaMethod } from './ema.ts';

/** Values of a parameter: the first when the average is made, the others after each step. */
interface Walk {
  readonly values: readonly Tensor[];
  readonly decay: number;
}

const walk = (draw: CaseDraw): Walk => {
  const shape = draw.shape({ minSize: 1 });
  return {
    values: Array.from({ length: draw.integer(2, 6) }, () => draw.tensor(shape)),
    decay: draw.pick([0, 0.5, real(draw, 0, 0.999)]),
  };
};

/** The average after the walk. */
function averageOf({ values, decay }: Walk, debias = false): Tensor {
  const w = parameter(values[0]!);
  const average = ema({ w }, { decay, debias });
  for (const value of values.slice(1)) {
    w.write(value);
    average.update();
  }
  return average.values().w!;
}

/** `sum of decay^(k - i) (1 - decay) w_i` over the steps, without the start. */
const recent = ({ values, decay }: Walk): Tensor => {
  const steps = values.slice(1);
  return steps
    .map((w, i) => w.mul((1 - decay) * decay ** (steps.length - 1 - i)))
    .reduce((total, one) => total.add(one));
};

/** What exponential moving averages promise. */
export const emaLaws: readonly Law[] = [
  law({
    id: 'ema/weights-of-the-past',
    statement:
      'The average is d^k w_0 + (1 - d) sum of d^(k - i) w_i: the last weights count most, the first fade.',
    cases: drawn(walk),
    slack: (given) => {
      const { values, decay } = given;
      const want = recent(given).add(values[0]!.mul(decay ** (values.length - 1)));
      return near(averageOf(given), want, 1e-14);
    },
  }),
  law({
    id: 'ema/debiased',
    statement:
      'Debiased, the weights before the first step do not count, and those of the others are divided by their sum 1 - d^k.',
    cases: drawn(walk),
    slack: (given) => {
      const sum = 1 - given.decay ** (given.values.length - 1);
      return near(averageOf(given, true), recent(given).div(sum), 1e-11);
    },
  }),
  law({
    id: 'ema/between',
    statement:
      'No element of the average leaves the range of its values, and weights that stay are their own average.',
    cases: drawn(walk),
    slack: (given) => {
      const { values, decay } = given;
      const all = values.map((x) => x.data());
      const average = averageOf(given).data();
      const still = averageOf({ values: values.map(() => values[0]!), decay }, true);
      const within = Array.from(average, (x, i) => {
        const column = all.map((data) => data[i]!);
        const rounding = 1e-14 * Math.max(...column.map(Math.abs));
        return Math.min(
          atMost(Math.min(...column) - rounding, x + 0),
          atMost(x, Math.max(...column) + rounding),
        );
      });
      return Math.min(near(still, values[0]!, 1e-11), ...within.map((s) => Math.min(1, s + 1e-9)));
    },
  }),
  law({
    id: 'ema/no-memory',
    statement: 'With decay 0 the average is the weights themselves, bit for bit.',
    cases: drawn(walk),
    slack: ({ values }) => exactly(averageOf({ values, decay: 0 }), values.at(-1)!),
  }),
  law({
    id: 'ema/beside-the-training',
    statement:
      'Around an optimizer it takes the weights in after every step and changes none of them; inside `use` the network has the averages, afterwards its own weights.',
    cases: drawn((draw) => ({
      start: draw.tensor([draw.integer(1, 3)]),
      decay: real(draw, 0, 0.99),
      steps: draw.integer(1, 5),
    })),
    slack: ({ start, decay, steps }) => {
      const [alone, w] = [parameter(start), parameter(start)];
      const plain = sgd({ w: alone }, { lr: 0.1 });
      const average = ema({ w }, { decay });
      const optimizer = averaging(sgd({ w }, { lr: 0.1 }), average);
      const values = [start];
      for (let k = 0; k < steps; k++) {
        plain.minimize(() => sum(mul(alone, alone)));
        optimizer.minimize(() => sum(mul(w, w)));
        values.push(alone.read());
      }
      const inside = average.use(() => w.read());
      return Math.min(
        exactly(w.read(), alone.read()),
        exactly(average.values().w!, averageOf({ values, decay })),
        exactly(inside, average.values().w!),
      );
    },
  }),
  law({
    id: 'ema/decay-in-a-cell',
    statement:
      'A decay in a cell counts as it is at each update; debiased, what is divided by is 1 less the product of the decays.',
    cases: drawn((draw) => {
      const shape = draw.shape({ minSize: 1 });
      const steps = draw.integer(1, 5);
      return {
        start: draw.tensor(shape),
        values: Array.from({ length: steps }, () => draw.tensor(shape)),
        decays: Array.from({ length: steps }, () => draw.pick([0, real(draw, 0, 0.99)])),
      };
    }),
    slack: ({ start, values, decays }) => {
      const decay = new Cell(tensor(0.5, { dtype: 'float64' }));
      const w = parameter(start);
      const averages = [ema({ w }, { decay }), ema({ w }, { decay, debias: true })];
      let [want, fromZero, left] = [start, start.mul(0), 1];
      for (const [k, value] of values.entries()) {
        const d = decays[k]!;
        w.write(value);
        decay.write(tensor(d, { dtype: 'float64' }));
        for (const average of averages) average.update();
        want = want.mul(d).add(value.mul(1 - d));
        fromZero = fromZero.mul(d).add(value.mul(1 - d));
        left *= d;
      }
      return Math.min(
        near(averages[0]!.values().w!, want, 1e-14),
        near(averages[1]!.values().w!, fromZero.div(1 - left), 1e-11),
      );
    },
  }),
  law({
    id: 'ema/decay-out-of-range',
    statement: 'A decay outside [0, 1) is refused: a number at once, a cell at the update.',
    cases: drawn((draw) => ({
      start: draw.tensor([2]),
      wrong: draw.pick([1, -1e-9, Number.NaN, Infinity, real(draw, 1, 9)]),
    })),
    slack: ({ start, wrong }) => {
      const w = parameter(start);
      const average = ema({ w }, { decay: new Cell(tensor(wrong, { dtype: 'float64' })) });
      return Math.min(
        holds(thrown(() => ema({ w }, { decay: wrong })) instanceof RangeError),
        holds(thrown(() => average.update()) instanceof RangeError),
        exactly(average.values().w!, start),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'ema/defaults',
    statement:
      'Left out, the decay is 0.999, from the first weights without debiasing; the recipe takes 0.99.',
    cases: drawn((draw) => ({ start: draw.tensor([2]), next: draw.tensor([2], { avoid: [0] }) })),
    slack: ({ start, next }) => {
      const w = parameter(start);
      const average = ema({ w });
      w.write(next);
      average.update();
      const want = averageOf({ values: [start, next], decay: 0.999 });
      return Math.min(exactly(average.values().w!, want), recipeTakes(emaMethod, { decay: 0.99 }));
    },
    effort: 0.3,
  }),
  law({
    id: 'ema/recipe',
    statement:
      'The recipe averages after every step, with its decay, and leaves the averages when training ends.',
    cases: drawn((draw) => ({ start: draw.tensor([]), decay: real(draw, 0.1, 0.95) })),
    slack: ({ start, decay }) => {
      const plan = emaMethod.recipe(plainPlan, { decay });
      const scope = {
        task: { classes: 3, features: 2, imageShape: null, rows: 3 },
        key: random.key(0),
      };
      let want: Tensor | null = null;
      const control = {
        stopReason: null,
        stop() {},
        markBest() {},
        markRestored() {},
        markReplaced() {},
      };
      const { weight } = stoppedRun(
        (model) => {
          const w = model.parameters()[0]!;
          w.write(start);
          const average = ema({ w }, { decay });
          const optimizer = plan.optimizers[0]!(sgd(model, { lr: 0.1 }), { ...scope, model });
          const callback = plan.callbacks[0]!({ ...scope, model, optimizer });
          return {
            ...callback,
            onTrainBegin(context) {
              callback.onTrainBegin?.(context);
              for (let k = 0; k < 3; k++) {
                optimizer.minimize(() => mul(w, w));
                const logs = { epoch: 1, batch: k + 1, size: 1, dataLoss: 0, penalty: 0 };
                callback.onBatchEnd?.(k + 1, logs, control);
                average.update();
              }
              want = average.values().w!;
            },
          };
        },
        [1],
        [start.add(1)],
      );
      const applied = { w: parameter(start) };
      const average = ema(applied, { decay });
      averaging(sgd(applied, { lr: 0.1 }), average).apply({ w: start });
      return Math.min(
        near(weight, want!, 1e-14),
        near(average.values().w!, start.mul(1 - 0.1 * (1 - decay)), 1e-14),
      );
    },
    effort: 0.3,
  }),
  law({
    id: 'ema/nothing-taken-in',
    statement:
      'A training that ends before its first average leaves its weights, whatever the average had taken in before.',
    cases: drawn((draw) => ({
      earlier: Array.from({ length: draw.integer(0, 2) }, () => draw.tensor([])),
      weights: [draw.tensor([]), draw.tensor([])],
    })),
    slack: ({ earlier, weights }) => {
      const { weight } = stoppedRun(
        (model) => {
          const average = ema(model, { decay: 0.5 });
          for (const value of earlier) {
            model.parameters()[0]!.write(value);
            average.update();
          }
          return averageWeights(average, { every: 'epoch', startFromEpoch: weights.length });
        },
        weights.map(() => 1),
        weights,
      );
      return exactly(weight, weights.at(-1)!);
    },
    effort: 0.2,
  }),
];
