import { describe, expect, test } from '@jest/globals';
import { Cell, div, type Tensor } from '@tikhonov/core';
import * as optim from '../src/index.ts';
import { cellOf, float64, numbers, value } from './values.ts';

const thrown = (f: () => unknown): unknown => {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('names of options', () => {
  const makers = {
    sgd: optim.sgdTransform,
    sgdw: optim.sgdwTransform,
    adam: optim.adamTransform,
    adamw: optim.adamwTransform,
    adamax: optim.adamaxTransform,
    adadelta: optim.adadeltaTransform,
    adagrad: optim.adagradTransform,
    adan: optim.adanTransform,
    lamb: optim.lambTransform,
    lars: optim.larsTransform,
    lion: optim.lionTransform,
    muon: optim.muonTransform,
    nadam: optim.nadamTransform,
    radam: optim.radamTransform,
    rmsprop: optim.rmspropTransform,
  };

  test.each(Object.entries(makers))('%sTransform refuses those it does not have', (name, make) => {
    const error = thrown(() => make({ lr: 0.1, weight_decay: 0.5 } as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(`${name}: unknown option "weight_decay".\n  It takes lr, `);
    expect(() => make(0.1 as never)).toThrow(`${name}: options must be an object, got 0.1.`);
    expect(() => make({ lr: 0.1, decay: false } as never)).toThrow(
      `${name}: decay must be a function, got false.`,
    );
  });

  test.each(
    Object.entries({
      scaleByAdam: optim.scaleByAdam,
      scaleByAdadelta: optim.scaleByAdadelta,
      scaleByAdagrad: optim.scaleByAdagrad,
      scaleByAdamax: optim.scaleByAdamax,
      scaleByAdan: optim.scaleByAdan,
      scaleByLars: optim.scaleByLars,
      scaleByLion: optim.scaleByLion,
      scaleByMuon: optim.scaleByMuon,
      scaleByNadam: optim.scaleByNadam,
      scaleByRadam: optim.scaleByRadam,
      scaleByRms: optim.scaleByRms,
      trace: optim.trace,
    }),
  )('%s refuses those of the optimizers around it', (name, make) => {
    expect(() => make({ maximize: true } as never)).toThrow(`${name}: unknown option "maximize".`);
  });

  test('adam and adamw themselves still refuse what is no options', () => {
    const w = { w: cellOf([1]) };
    expect(() => optim.adam(w, 0.1 as never)).toThrow('adam: options must be an object, got 0.1.');
    expect(() => optim.adamw(w, null as never)).toThrow('adamw: options must be an object');
    expect(() => optim.adam(w, { weight_decay: 0 } as never)).toThrow('unknown option');
    expect(() => optim.adamw(w, { weight_decay: 0 } as never)).toThrow('independentDecay');
  });

  test("muon's settings for the others are checked, a rate of their own too", () => {
    expect(() => optim.muonTransform({ others: { lr: 0.1 } as never })).toThrow(
      'muon: others: unknown option "lr".\n  It takes betas, eps, weightDecay, decay.',
    );
  });
});

describe('values of options', () => {
  test('numbers given as text are shown in quotes, in rates too', () => {
    const optimizer = optim.sgd({ w: cellOf([1]) }, { lr: 1 });
    expect(() => {
      optimizer.lr = '0.5' as never;
    }).toThrow("Optimizer: lr must be finite and >= 0, got '0.5'.");
    expect(() => optim.lookahead({ syncPeriod: '3' as never })).toThrow(
      "lookahead: syncPeriod must be an integer > 0, got '3'.",
    );
  });

  test.each([
    ['cosine', () => optim.cosine({ lr: 0.1 } as never, { tMax: 3 }), 'lr'],
    ['clipByGlobalNorm', () => optim.clipByGlobalNorm({ maxNorm: 1 } as never), 'maxNorm'],
    ['clipByNorm', () => optim.clipByNorm({ maxNorm: 1 } as never), 'maxNorm'],
    ['clipByValue', () => optim.clipByValue({ clipValue: 1 } as never), 'clipValue'],
    ['accumulate', () => optim.accumulate(optim.identity(), { steps: {} } as never), 'steps'],
    ['exponential', () => optim.exponential(1, { gamma: {} } as never), 'gamma'],
    ['softClip', () => optim.softClip({ gamma: 1 } as never), 'gamma'],
  ])('%s of an object says so', (name, make, what) => {
    const error = thrown(make);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(
      `${name}: ${what} must be a number, got object.\n  Pass the number itself, such as 1.`,
    );
  });

  test('sam around sam says what would be lost', () => {
    const once = optim.sam(optim.sgd({ w: cellOf([1]) }, { lr: 1 }));
    expect(() => optim.sam(once, { adaptive: true })).toThrow(
      'sam: the optimizer is made by sam itself, whose perturbation would be lost.\n' +
        '  Choose one: sam(sgd(model, { lr: 0.1 }), { adaptive: true }).',
    );
  });

  test.each([
    ['scaleByAdam', optim.adamTransform, 2],
    ['adamax', optim.adamaxTransform, 2],
    ['adan', optim.adanTransform, 3],
    ['lion', optim.lionTransform, 2],
    ['nadam', optim.nadamTransform, 2],
    ['radam', optim.radamTransform, 2],
  ])('betas of %s are as many as there are', (name, make, count) => {
    for (const betas of [[0.9], [0.9, 0.9, 0.9, 0.9], null, 0.9]) {
      const error = thrown(() => make({ betas } as never));
      expect(error).toBeInstanceOf(RangeError);
      expect(String(error)).toContain(`${name}: betas must be ${count} numbers, got `);
    }
    const texts = new Array(count).fill('0.9');
    expect(() => make({ betas: texts } as never)).toThrow("betas[0] must be in [0, 1), got '0.9'.");
    expect(() => make({ betas: new Array(count) } as never)).toThrow('got undefined.');
  });

  test('masks that are no functions', () => {
    expect(() => optim.shrinkWeights(0.1, false as never)).toThrow(
      "shrinkWeights: the mask must be a function of a parameter's name and values, got boolean.",
    );
    expect(() => optim.scaleByTrustRatio({} as never)).toThrow('scaleByTrustRatio: the mask must');
  });
});

describe('schedules', () => {
  test('that compute on numbers are told that the count is a Tensor', () => {
    const make = (schedule: unknown) => () =>
      optim.sgd({ w: cellOf([1]) }, { lr: schedule as optim.Schedule });
    for (const schedule of [(s: never) => 0.1 / (1 + s), () => 0.1, () => undefined]) {
      const error = thrown(make(schedule));
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(
        /the schedule must return a Tensor, got (number|undefined)\.\n {2}Its count is a Tensor\./,
      );
    }
    // Of tensors it is followed.
    const optimizer = optim.sgd(
      { w: cellOf([1]) },
      { lr: (s) => div(1, s.add(1).astype('float64')) },
    );
    optimizer.apply({ w: float64([1]) });
    expect(value(optimizer.lr.read())).toBe(0.5);
  });

  test('set the rate: assigning one is refused and changes nothing', () => {
    const w = cellOf([1]);
    const optimizer = optim.adam({ w }, { lr: optim.exponential(1, { gamma: 0.5 }) });
    const before = JSON.stringify(optimizer.stateDict());
    const error = thrown(() => {
      optimizer.lr = 0.5;
    });
    expect(error).toEqual(
      new TypeError('Optimizer: the schedule sets lr.\n  Make it with a number instead.'),
    );
    expect(JSON.stringify(optimizer.stateDict())).toBe(before);
    // A shared cell and a plain number may still be set.
    const shared = optim.sgd({ w }, { lr: new Cell(float64(1)) });
    shared.lr = 0.25;
    expect(value(shared.lr.read())).toBe(0.25);
  });
});

describe('states', () => {
  test('an entry that is there but undefined is missing, not written', () => {
    const optimizer = optim.sgd({ w: cellOf([1]) }, { lr: 1 });
    expect(() => optimizer.loadStateDict({ lr: undefined as never })).toThrow('missing: "lr"');
    expect(value(optimizer.lr.read())).toBe(1);
  });

  test('a state with more or fewer parts than at init is refused', () => {
    for (const parts of [0, 2]) {
      const transform = {
        init: () => ({ s: [float64(0)] }),
        update: (updates: optim.Named) =>
          [updates, { s: new Array(parts).fill(float64(0)) as Tensor[] }] as const,
      };
      const w = cellOf([1]);
      const optimizer = new optim.Optimizer({ w }, () => transform, 1);
      expect(() => optimizer.apply({ w: float64([1]) })).toThrow(
        "Optimizer.apply: the transform's state is unlike its init's.",
      );
      expect(numbers(w)).toEqual([1]);
    }
  });
});
