import { describe, expect, test } from '@jest/globals';
import { compile } from '@tikhonov/compile';
import { mul, sum } from '@tikhonov/core';
import { averaging, ema, sam, sgd, swa } from '../../src/index.ts';
import { cellOf, float64, numbers } from '../values.ts';

describe('averaging', () => {
  test('takes the parameters in after every step, however it is made', () => {
    const w = cellOf([4]);
    const optimizer = averaging(sgd({ w }, { lr: 0.25 }), swa({ w }));
    optimizer.minimize(() => sum(mul(w, w)));
    optimizer.apply({ w: float64([4]) });
    // 4 -> 2 -> 1
    expect(numbers(w)).toEqual([1]);
    expect(numbers(optimizer.average.values().w!)).toEqual([1.5]);
  });

  test.each([false, true])('with SAM around or within, one step is one (around: %s)', (around) => {
    const w = cellOf([4]);
    const average = swa({ w });
    const base = sgd({ w }, { lr: 0.25 });
    const optimizer = around ? sam(averaging(base, average)) : averaging(sam(base), average);
    for (let k = 0; k < 3; k++) optimizer.minimize(() => sum(mul(w, w)));
    expect(average.stateDict().count!.item()).toBe(3);
  });

  test('is the same in a compiled step', () => {
    const run = (compiled: boolean): number[] => {
      const w = cellOf([4, -1]);
      const optimizer = averaging(sgd({ w }, { lr: 0.1 }), ema({ w }, { decay: 0.75 }));
      const step = (): ReturnType<typeof sum> => optimizer.minimize(() => sum(mul(w, w)));
      const once = compiled ? compile(step) : step;
      for (let k = 0; k < 4; k++) once();
      return [...numbers(w), ...numbers(optimizer.average.values().w!)];
    };
    expect(run(true)).toEqual(run(false));
  });

  test('a saved run goes on as if it had not been interrupted', () => {
    const make = () => {
      const w = cellOf([4, -1]);
      const optimizer = averaging(
        sgd({ w }, { lr: 0.1, momentum: 0.9 }),
        ema({ w }, { decay: 0.75 }),
      );
      return { w, optimizer, step: () => optimizer.minimize(() => sum(mul(w, w))) };
    };
    const first = make();
    first.step();
    const [at, saved] = [numbers(first.w), first.optimizer.stateDict()];
    first.step();
    const second = make();
    second.w.write(float64(at));
    second.optimizer.loadStateDict(saved);
    second.step();
    expect(numbers(second.w)).toEqual(numbers(first.w));
    expect(numbers(second.optimizer.average.values().w!)).toEqual(
      numbers(first.optimizer.average.values().w!),
    );
  });

  test('a state that does not fit changes nothing', () => {
    const w = cellOf([4]);
    const optimizer = averaging(sgd({ w }, { lr: 0.1 }), ema({ w }, { decay: 0.5 }));
    const fresh = optimizer.stateDict();
    optimizer.minimize(() => sum(mul(w, w)));
    const before = Object.values(optimizer.stateDict()).map((x) => numbers(x));
    const { lr: _, ...broken } = fresh;
    expect(() => optimizer.loadStateDict(broken)).toThrow('missing: "lr"');
    expect(Object.values(optimizer.stateDict()).map((x) => numbers(x))).toEqual(before);
  });

  test('refuses what is no optimizer, no average, or one of other parameters', () => {
    const [w, v] = [cellOf([1]), cellOf([1])];
    const optimizer = sgd({ w }, { lr: 0.1 });
    expect(() => averaging({} as never, swa({ w }))).toThrow(
      'averaging: needs an optimizer, got object.',
    );
    expect(() => averaging(optimizer, {} as never)).toThrow(
      'averaging: needs an average, got object.',
    );
    expect(() => averaging(optimizer, swa({ v }))).toThrow('"v" is averaged but not trained.');
  });
});
