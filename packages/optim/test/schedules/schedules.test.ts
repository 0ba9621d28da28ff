import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { Cell, type Parameter, type Tensor, tensor } from '@tikhonov/core';
import {
  constant,
  cosine,
  cosineWarmRestarts,
  exponential,
  linear,
  multiStep,
  oneCycle,
  polynomial,
  type Schedule,
  sequence,
  sgd,
  stepDecay,
  warmup,
} from '../../src/index.ts';
import { cellOf, float64, value } from '../values.ts';

const at = (schedule: Schedule, k: number): number =>
  schedule(tensor(k, { dtype: 'int32' })).item() as number;

/** PyTorch's chainable or closed forms, written again as plain loops and branches. */
const references: readonly (readonly [string, Schedule, (k: number) => number])[] = [
  ['constant', constant(0.3), () => 0.3],
  [
    'stepDecay',
    stepDecay(0.5, { stepSize: 7, gamma: 0.3 }),
    (k) => {
      let lr = 0.5;
      for (let i = 1; i <= k; i++) if (i % 7 === 0) lr *= 0.3;
      return lr;
    },
  ],
  [
    'multiStep',
    multiStep(0.5, { milestones: [3, 4, 20], gamma: 0.2 }),
    (k) => 0.5 * 0.2 ** [3, 4, 20].filter((m) => m <= k).length,
  ],
  ['multiStep without milestones', multiStep(0.5, { milestones: [] }), () => 0.5],
  ['exponential', exponential(2, { gamma: 0.95 }), (k) => 2 * 0.95 ** k],
  [
    'cosine',
    cosine(0.4, { tMax: 30, etaMin: 0.1 }),
    (k) => (k >= 30 ? 0.1 : 0.1 + (0.3 * (1 + Math.cos((Math.PI * k) / 30))) / 2),
  ],
  ...([1, 2, 3] as const).map((tMult) => {
    const want = (k: number): number => {
      let [length, since] = [4, k];
      while (since >= length) {
        since -= length;
        length *= tMult;
      }
      return 0.05 + (0.95 * (1 + Math.cos((Math.PI * since) / length))) / 2;
    };
    const schedule = cosineWarmRestarts(1, { t0: 4, tMult, etaMin: 0.05 });
    return [`cosineWarmRestarts, tMult ${tMult}`, schedule, want] as const;
  }),
  ['linear', linear(0.6), (k) => 0.6 * (1 / 3 + ((1 - 1 / 3) * Math.min(k, 5)) / 5)],
  [
    'polynomial',
    polynomial(0.6, { totalIters: 25, power: 2.5 }),
    (k) => (k >= 25 ? 0 : 0.6 * (1 - k / 25) ** 2.5),
  ],
  [
    'warmup',
    warmup(exponential(1, { gamma: 0.9 }), { steps: 8, startFactor: 0.2 }),
    (k) => (k < 8 ? 0.2 + (0.8 * k) / 8 : 0.9 ** (k - 8)),
  ],
  ...([false, true] as const).flatMap((threePhase) =>
    (['cos', 'linear'] as const).map((annealStrategy) => {
      const want = (k: number): number => {
        const [total, pct, max] = [40, 0.3, 0.8];
        const [first, last] = [max / 25, max / 25 / 1e4];
        // Ends, starts and rates of the phases, as in PyTorch's source.
        const phases: [number, number, number][] = threePhase
          ? [
              [pct * total - 1, first, max],
              [2 * pct * total - 2, max, first],
              [total - 1, first, last],
            ]
          : [
              [pct * total - 1, first, max],
              [total - 1, max, last],
            ];
        let start = 0;
        for (const [i, [end, from, to]] of phases.entries()) {
          if (k <= end || i === phases.length - 1) {
            const p = Math.min(1, (k - start) / (end - start));
            return annealStrategy === 'cos'
              ? to + ((from - to) / 2) * (1 + Math.cos(Math.PI * p))
              : from + (to - from) * p;
          }
          start = end;
        }
        return Number.NaN;
      };
      const schedule = oneCycle(0.8, { totalSteps: 40, threePhase, annealStrategy });
      return [`oneCycle, ${annealStrategy}, three phases: ${threePhase}`, schedule, want] as const;
    }),
  ),
  [
    'sequence',
    sequence([constant(0.1), exponential(1, { gamma: 0.5 }), linear(0.2)], {
      milestones: [3, 6],
    }),
    (k) => {
      if (k < 3) return 0.1;
      return k < 6 ? 0.5 ** (k - 3) : 0.2 * (1 / 3 + ((2 / 3) * Math.min(k - 6, 5)) / 5);
    },
  ],
];

describe.each(references)('%s', (_name, schedule, want) => {
  test('is the formula, step by step', () => {
    for (let k = 0; k < 45; k++) {
      // A handful of roundings of numbers of size 1 at most.
      expect(Math.abs(at(schedule, k) - want(k))).toBeLessThan(1e-14);
    }
  });

  test('is a float64 scalar, compiled as well', () => {
    const compiled = compile((count: Tensor) => schedule(count));
    for (const k of [0, 3, 11, 44]) {
      const rate = compiled(tensor(k, { dtype: 'int32' }));
      expect([rate.dtype, rate.shape]).toEqual(['float64', []]);
      expect(Math.abs(value(rate) - want(k))).toBeLessThan(1e-14);
    }
    expect(compiled.traces).toBe(1);
  });
});

test('restarts begin at whole steps however many have passed', () => {
  const rate = cosineWarmRestarts(1, { t0: 3, tMult: 3 });
  // 3 (3^k - 1) / 2, the first step of period k.
  for (let k = 0; k < 19; k++) expect(at(rate, (3 * (3 ** k - 1)) / 2)).toBe(1);
});

describe('as the rate of an optimizer', () => {
  const descend = (rate: Schedule): { w: Parameter; optimizer: ReturnType<typeof sgd> } => {
    const w = cellOf(1);
    return { w, optimizer: sgd({ w }, { lr: rate }) };
  };

  test('the cell holds the rate of the next step', () => {
    const { w, optimizer } = descend(exponential(0.5, { gamma: 0.5 }));
    expect(value(optimizer.lr.read())).toBe(0.5);
    optimizer.apply({ w: float64(1) });
    expect([value(w.read()), value(optimizer.lr.read())]).toEqual([0.5, 0.25]);
    optimizer.apply({ w: float64(1) });
    expect(value(w.read())).toBe(0.25);
  });

  test('a rate written into the cell in between serves one step', () => {
    const { w, optimizer } = descend(constant(0.5));
    optimizer.lr.write(float64(0));
    optimizer.apply({ w: float64(1) });
    expect(value(w.read())).toBe(1);
    optimizer.apply({ w: float64(1) });
    expect(value(w.read())).toBe(0.5);
  });

  test('a step that throws does not count', () => {
    const { w, optimizer } = descend(exponential(0.5, { gamma: 0.5 }));
    expect(() => optimizer.apply({ w: float64(Number.NaN) })).toThrow(/not finite/);
    expect(value(optimizer.lr.read())).toBe(0.5);
    expect(optimizer.stateDict().count?.item()).toBe(0);
    expect(value(w.read())).toBe(1);
  });

  test('the count is part of the state, and resumes', () => {
    const schedule = linear(1, { startFactor: 0, totalIters: 10 });
    const first = descend(schedule);
    for (let k = 0; k < 3; k++) first.optimizer.apply({ w: float64(0.25) });
    const second = descend(schedule);
    second.w.write(first.w.read());
    second.optimizer.loadStateDict(first.optimizer.stateDict());
    for (const { optimizer } of [first, second]) optimizer.apply({ w: float64(0.25) });
    expect(value(second.w.read())).toBe(value(first.w.read()));
    expect(second.optimizer.stateDict().count?.item()).toBe(4);
  });

  test('one program follows it', () => {
    const eager = descend(stepDecay(0.5, { stepSize: 2, gamma: 0.5 }));
    const compiled = descend(stepDecay(0.5, { stepSize: 2, gamma: 0.5 }));
    const step = compile((g: Tensor) => compiled.optimizer.apply({ w: g }));
    for (let k = 0; k < 6; k++) {
      eager.optimizer.apply({ w: float64(1) });
      step(float64(1));
      expect(value(compiled.w.read())).toBe(value(eager.w.read()));
    }
    expect(step.traces).toBe(1);
    expect(value(compiled.optimizer.lr.read())).toBe(0.0625);
  });

  test('a rate below 0 stops the step', () => {
    const { w, optimizer } = descend((count) => constant(0.5)(count).sub(count.astype('float64')));
    optimizer.apply({ w: float64(1) });
    expect(() => optimizer.apply({ w: float64(1) })).toThrow(
      'scaleByLearningRate: lr must be finite and >= 0, its cell holds',
    );
    expect(value(w.read())).toBe(0.5);
  });

  test('a schedule that returns no scalar is refused when the optimizer is made', () => {
    expect(() => descend(() => float64([1, 2]))).toThrow(
      /lr must be a number or a floating tensor/,
    );
  });
});

test.each<readonly [string, () => unknown, string]>([
  ['a rate', () => constant(-1), 'constant: lr must be finite and >= 0, got -1.'],
  ['a step size', () => stepDecay(1, { stepSize: 0 }), 'stepSize must be an integer > 0, got 0.'],
  ['a gamma', () => exponential(1, { gamma: 0 }), 'gamma must be finite and > 0, got 0.'],
  [
    'milestones that fall',
    () => multiStep(1, { milestones: [3, 3] }),
    'multiStep: milestones must be integers > 0 in rising order, got [3,3].',
  ],
  ['tMax', () => cosine(1, { tMax: 1.5 }), 'cosine: tMax must be an integer > 0, got 1.5.'],
  ['tMult', () => cosineWarmRestarts(1, { t0: 1, tMult: 0.5 }), 'tMult must be an integer > 0'],
  [
    'a rise that is no step',
    () => oneCycle(1, { totalSteps: 3 }),
    'oneCycle: pctStart * totalSteps must be > 1, got 0.3 * 3.',
  ],
  [
    'a rise of more than half of three phases',
    () => oneCycle(1, { totalSteps: 30, pctStart: 0.5, threePhase: true }),
    'oneCycle: pctStart must be in (0, 0.5), got 0.5.',
  ],
  [
    'a strategy',
    () => oneCycle(1, { totalSteps: 30, annealStrategy: 'sin' as never }),
    "oneCycle: annealStrategy must be 'cos' or 'linear', got 'sin'.",
  ],
  [
    'schedules that do not fit the milestones',
    () => sequence([constant(1)], { milestones: [2] }),
    'sequence: needs one schedule more than milestones, got 1 and 1.',
  ],
  [
    'a rate among schedules',
    () => sequence([0.1 as never], { milestones: [] }),
    'sequence: a schedule must be a function of the count of steps, got number.',
  ],
  ['misspelt options', () => cosine(1, { T_max: 3 } as never), 'cosine: unknown option "T_max".'],
])('%s out of range is named', (_what, call, message) => {
  expect(call).toThrow(message);
});

test('a cell still serves as a rate', () => {
  const lr = new Cell(tensor(0.5, { dtype: 'float64' }));
  const w = cellOf(1);
  sgd({ w }, { lr }).apply({ w: float64(1) });
  expect(value(w.read())).toBe(0.5);
});
