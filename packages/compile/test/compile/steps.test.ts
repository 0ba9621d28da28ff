import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  checkpoint,
  cond,
  grad,
  greater,
  less,
  mean,
  mul,
  random,
  relu,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  withValues,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { compile } from '../../src/compile.ts';
import { expectSame, thrownBy } from './support.ts';

const float64 = { dtype: 'float64' } as const;
const [features, classes] = [3, 4];
// Last bits that differ grow along a few steps.
const tolerance = 1e-10;

type Step = (x: Tensor, labels: Tensor, key: Tensor) => unknown;
type Wrap = <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => R;
const plain: Wrap = (f) => f;
const program: Wrap = (f) => compile(f);

function batchOf(k: number, size = 6): [x: Tensor, labels: Tensor, key: Tensor] {
  const key = random.foldIn(random.key(21), k);
  const labels = random.randint(random.foldIn(key, 'labels'), [size], 0, classes);
  return [random.normal(key, [size, features], float64), labels, key];
}

function network() {
  const model = nn.astype(
    new nn.Sequential(
      // A bias before batch norm has a gradient of 0: Adam would make steps of its rounding errors.
      new nn.Linear(features, 5, { seed: 1, bias: false }),
      new nn.BatchNorm1d(5, { momentum: 0.3 }),
      relu,
      new nn.Dropout({ p: 0.4 }),
      new nn.Linear(5, classes, { seed: 2 }),
    ),
    'float64',
  );
  const optimizer = optim.adam(model, { lr: 0.03 });
  const lossOf: (...args: Parameters<Step>) => Tensor = (x, labels, rng) =>
    nn.crossEntropy(model.forward(x, { training: true, rng }), labels);
  const state = () => ({ ...model.stateDict(), ...optimizer.stateDict() });
  return { model, optimizer, lossOf, state };
}

/** Whether a scenario gives the same with programs as with plain calls. */
function expectSameScenario(scenario: (wrap: Wrap) => unknown): void {
  expectSame(scenario(program), scenario(plain), tolerance);
}

describe('dropout in a compiled step', () => {
  const layer = new nn.Dropout({ p: 0.5 });
  const f = (x: Tensor, rng: Tensor): Tensor => layer.forward(x, { training: true, rng });

  test('drops what the key says, bit for bit, in one program', () => {
    const g = compile(f);
    const x = random.normal(random.key(1), [8, 8]);
    const masks = [1, 2, 1, 3].map((seed) => {
      expectSame(g(x, random.key(seed)), f(x, random.key(seed)));
      return [...g(x, random.key(seed)).data()].map((value) => value === 0).join();
    });
    expect(masks[0]).toBe(masks[2]);
    expect(new Set(masks).size).toBe(3);
    expect(g.traces).toBe(1);
  });

  test('of a count that is folded in draws anew at every step', () => {
    const scenario = (wrap: Wrap): unknown => {
      const count = new Cell(tensor(0, { dtype: 'int32' }));
      const step = wrap((x: Tensor) => {
        const rng = random.foldIn(random.key(4), count.read());
        count.write(count.read().add(1));
        return f(x, rng);
      });
      const x = tensor([[1, 1, 1, 1, 1, 1, 1, 1]]);
      const out = [1, 2, 3, 4].map(() => step(x));
      expect(new Set(out.map((y) => [...y.data()].join())).size).toBe(4);
      return out;
    };
    expectSame(scenario(program), scenario(plain));
  });
});

describe('running statistics of batch norm', () => {
  test('are those of plain calls after every step, and evaluation reads them', () => {
    expectSameScenario((wrap) => {
      const layer = nn.astype(new nn.BatchNorm1d(features, { momentum: 0.2 }), 'float64');
      const train = wrap((x: Tensor) => layer.forward(x, { training: true }));
      const evaluate = wrap((x: Tensor) => layer.forward(x));
      return [0, 1, 2, 3].map((k) => {
        const [x] = batchOf(k, k === 3 ? 2 : 6);
        return [evaluate(x), train(x), layer.stateDict(), evaluate(x)];
      });
    });
  });

  test('move once in a step that evaluates its loss twice', () => {
    expectSameScenario((wrap) => {
      const { model, optimizer, state } = network();
      const step = wrap<Parameters<Step>, Tensor>((x, labels, rng) => {
        const at = (updateState: boolean): Tensor =>
          nn.crossEntropy(model.forward(x, { training: true, rng, updateState }), labels);
        const parameters = model.namedParameters();
        const [, slopes] = valueAndGrad((_: typeof parameters) => at(true))(parameters);
        const kept = Object.entries(parameters).map(([name, w]) => [name, w, w.read()] as const);
        for (const [name, w, before] of kept) w.write(before.add(slopes[name]!.mul(0.05)));
        const [loss, second] = valueAndGrad((_: typeof parameters) => at(false))(parameters);
        for (const [, w, before] of kept) w.write(before);
        optimizer.apply(second);
        return loss;
      });
      const losses = [0, 1, 2, 3].map((k) => step(...batchOf(k)));
      return [losses, state()];
    });
  });
});

describe('batches of other sizes', () => {
  test('make one more program each, which serve from then on', () => {
    const [ours, theirs] = [network(), network()];
    const step = compile((...args: Parameters<Step>) =>
      ours.optimizer.minimize(() => ours.lossOf(...args)),
    );
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const [k, size] of [6, 6, 2, 5].entries()) {
        const batch = batchOf(4 * epoch + k, size);
        const want = theirs.optimizer.minimize(() => theirs.lossOf(...batch));
        expectSame(step(...batch), want, tolerance);
      }
    }
    expectSame(ours.state(), theirs.state(), tolerance);
    expect(step.traces).toBe(3);
  });

  test('of one row and of none compute what plain calls do', () => {
    const f = (x: Tensor): Tensor => tanh(x).mul(2).sum({ axis: 0 });
    const g = compile(f);
    for (const size of [1, 0, 3, 0]) {
      const [x] = batchOf(1, 3);
      const part = x.reshape([3, features]).mul(1);
      const rows =
        size === 3
          ? part
          : tensor([...part.data()].slice(0, size * features), {
              shape: [size, features],
              ...float64,
            });
      expectSame(g(rows), f(rows), 1e-14);
    }
    expect(g.traces).toBe(3);
  });
});

describe('gradient accumulation', () => {
  test('over two calls and a step, and over two gradients of one call', () => {
    expectSameScenario((wrap) => {
      const { optimizer, lossOf, state } = network();
      const accumulate = wrap<Parameters<Step>, Tensor>((...args) => {
        const loss = lossOf(...args).mul(0.5);
        loss.backward();
        return loss;
      });
      const finish = wrap(() => {
        optimizer.step();
        optimizer.zeroGrad();
      });
      const losses: unknown[] = [];
      for (let k = 0; k < 6; k++) {
        losses.push(accumulate(...batchOf(k)));
        if (k % 2 === 1) finish();
      }
      return [losses, state()];
    });
  });

  test('is dropped by zeroGrad() outside of a step', () => {
    expectSameScenario((wrap) => {
      const { model, optimizer, lossOf } = network();
      const accumulate = wrap<Parameters<Step>, void>((...args) => lossOf(...args).backward());
      accumulate(...batchOf(0));
      optimizer.zeroGrad();
      accumulate(...batchOf(1));
      return Object.values(model.namedParameters()).map((w) => w.grad!);
    });
  });
});

describe('state that is saved and loaded between steps', () => {
  test('of model and optimizer continues where it was saved', () => {
    const { model, optimizer, lossOf, state } = network();
    const step = compile((...args: Parameters<Step>) => optimizer.minimize(() => lossOf(...args)));
    const run = (from: number): unknown => {
      const losses = [0, 1, 2].map((k) => step(...batchOf(from + k)));
      return [losses, state()];
    };
    run(0);
    const saved = { model: model.stateDict(), optimizer: optimizer.stateDict() };
    const copy = JSON.stringify(saved);
    const first = run(3);
    // What was saved has not moved with the steps.
    expect(JSON.stringify(saved)).toBe(copy);
    model.loadStateDict(saved.model);
    optimizer.loadStateDict(saved.optimizer);
    expectSame(run(3), first);
    expect(step.traces).toBe(1);
  });

  test('is that of the last step when an eager one, another program or withValues is in between', () => {
    expectSameScenario((wrap) => {
      const { model, optimizer, lossOf, state } = network();
      const f = (...args: Parameters<Step>): Tensor => optimizer.minimize(() => lossOf(...args));
      const [step, again] = [wrap(f), wrap(f)];
      const parameters = model.namedParameters();
      const doubled = Object.fromEntries(
        Object.entries(parameters).map(([name, w]) => [name, w.read().mul(2)]),
      );
      const evaluate = wrap((x: Tensor) => model.forward(x));
      const out: unknown[] = [];
      for (let k = 0; k < 4; k++) {
        const batch = batchOf(k);
        out.push(step(...batch), evaluate(batch[0]), f(...batch), again(...batch));
        out.push(
          withValues(parameters, doubled, () => evaluate(batch[0])),
          evaluate(batch[0]),
        );
      }
      return [out, state()];
    });
  });
});

describe('a step that fails', () => {
  test('in the middle leaves weights, moments, statistics and gradients as they were', () => {
    const { model, optimizer, lossOf, state } = network();
    const calls = new Cell(tensor(0, { dtype: 'int32' }));
    const parameters = Object.values(model.namedParameters());
    const step = compile((limit: Tensor, ...args: Parameters<Step>) => {
      calls.write(calls.read().add(1));
      lossOf(...args).backward();
      const loss = optimizer.minimize(() => lossOf(...args));
      check(less(loss, limit), () => new RangeError(`the loss is ${loss.item()}`));
      return loss;
    });
    const all = () => [state(), calls.read(), parameters.map((w) => w.grad)];
    const [low, high] = [tensor(0, float64), tensor(100, float64)];
    const before = all();
    // With and without gradients before, so two programs.
    for (let round = 0; round < 2; round++) {
      const now = all();
      const error = thrownBy(() => step(low, ...batchOf(round)));
      expect(error).toBeInstanceOf(RangeError);
      expectSame(all(), now);
      const loss = step(high, ...batchOf(round)) as Tensor;
      // Its error may say what the loss was.
      const [, shown] = /^the loss is (.*)$/.exec(error.message)!;
      expect(Math.abs(Number(shown) - loss.item())).toBeLessThan(1e-12);
    }
    expect(JSON.stringify(all())).not.toBe(JSON.stringify(before));
    expect(step.traces).toBe(2);
  });

  test('while it is recorded leaves everything as it was', () => {
    const { model, optimizer, lossOf, state } = network();
    const parameters = Object.values(model.namedParameters());
    const stages = ['forward', 'backward', 'step', 'none'] as const;
    let stage: (typeof stages)[number] = 'forward';
    const fail = (at: typeof stage): void => {
      if (at === stage) throw new Error(at);
    };
    const step = compile((...args: Parameters<Step>) => {
      const loss = lossOf(...args);
      fail('forward');
      loss.backward();
      fail('backward');
      optimizer.step();
      optimizer.zeroGrad();
      fail('step');
      return loss;
    });
    const before = state();
    for (const at of stages) {
      stage = at;
      if (at === 'none') break;
      expect(() => step(...batchOf(0))).toThrow(new Error(at));
      expectSame(state(), before);
      expect(parameters.map((w) => w.grad)).toEqual(parameters.map(() => null));
      expect(step.traces).toBe(0);
    }
    const other = network();
    step(...batchOf(0));
    other.optimizer.minimize(() => other.lossOf(...batchOf(0)));
    expectSame(state(), other.state(), tolerance);
  });
});

describe('errors of requirements', () => {
  const scores = random.normal(random.key(3), [3, classes], float64);
  const labels = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

  test.each<readonly [string, (z: Tensor, y: Tensor) => Tensor, string]>([
    ['labels', (z, y) => nn.crossEntropy(z, y), 'got 12 at position 1'],
    [
      'labels that are computed',
      (z, y) => nn.crossEntropy(z, y.sub(1).add(1)),
      'got 12 at position 1',
    ],
    [
      'labels some of which are ignored',
      (z, y) => nn.crossEntropy(z, y, { ignoreIndex: 2 }),
      'got 12 at position 1',
    ],
    [
      'labels in a branch',
      (z, y) =>
        cond(
          greater(sum(y), 0),
          () => nn.crossEntropy(z, y),
          () => sum(z),
        ),
      'got 12 at position 1',
    ],
    [
      'labels in a checkpoint',
      (z, y) => grad((a: Tensor) => checkpoint((b: Tensor) => nn.crossEntropy(b, y))(a))(z),
      'got 12 at position 1',
    ],
  ])('show the same values as plain calls: %s', (_, f, shown) => {
    const g = compile(f);
    const good = labels(0, 1, 3);
    expectSame(g(scores, good), f(scores, good), 1e-12);
    for (let round = 0; round < 2; round++) {
      const error = thrownBy(() => g(scores, labels(2, 12, 9)));
      expect(error).toEqual(thrownBy(() => f(scores, labels(2, 12, 9))));
      expect(error.message).toContain(shown);
    }
    expect(thrownBy(() => g(scores, labels(3, 1, -3))).message).toContain('got -3 at position 2');
    expectSame(g(scores, good), f(scores, good), 1e-12);
    expect(g.traces).toBe(1);
  });

  test('may use arguments, cells and what was computed of them', () => {
    const limit = new Cell(tensor(4, float64));
    const f = (a: Tensor): Tensor => {
      const total = sum(square(a));
      const most = limit.read().add(1);
      limit.write(most);
      check(less(total, most), () => {
        const over = total.sub(most).item();
        return new RangeError(`${total.item()} of ${a.data().join()} is ${over} too many`);
      });
      return total;
    };
    const g = compile(f);
    expect(g(tensor([1, 1], float64)).item()).toBe(2);
    // The limit is 6 then, and stays what it was.
    for (let round = 0; round < 2; round++) {
      const error = new RangeError('25 of 3,4 is 19 too many');
      expect(() => g(tensor([3, 4], float64))).toThrow(error);
      expect(limit.read().item()).toBe(5);
    }
  });
});

describe('whole numbers and truth values', () => {
  test('go in and out of steps', () => {
    expectSameScenario((wrap) => {
      const seen = new Cell(tensor([false, false, false]));
      const counts = new Cell(tensor([0, 0, 0], { dtype: 'uint32' }));
      const step = wrap((flags: Tensor, by: Tensor, scale: Tensor) => {
        seen.write(flags.astype('int32').add(seen.read().astype('int32')).astype('bool'));
        counts.write(counts.read().add(by.astype('uint32')));
        return { flags, seen: seen.read(), mean: mean(mul(by.astype('float64'), scale)) };
      });
      const out = [
        step(
          tensor([true, false, false]),
          tensor([1, 2, 3], { dtype: 'int32' }),
          tensor(2, float64),
        ),
        step(
          tensor([false, false, true]),
          tensor([4, 5, 6], { dtype: 'int32' }),
          tensor(3, float64),
        ),
      ];
      return [out, seen.read(), counts.read()];
    });
  });
});
