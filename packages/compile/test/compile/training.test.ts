import { describe, expect, test } from '@jest/globals';
import {
  argmax,
  concat,
  equal,
  mean,
  random,
  relu,
  square,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { compile } from '../../src/compile.ts';
import { expectSame, thrownBy } from './support.ts';

const [features, classes] = [3, 4];
const float64 = { dtype: 'float64' } as const;
// Last bits that differ grow along a few steps of Adam.
const tolerance = 1e-9;

/** Batch norm, so that evaluation reads what training writes; Adam, so that steps count. */
function classifier() {
  const model = nn.astype(
    new nn.Sequential(
      // A bias before batch norm has a gradient of 0: Adam would make steps of its rounding errors.
      new nn.Linear(features, 6, { seed: 1, bias: false }),
      new nn.BatchNorm1d(6),
      relu,
      new nn.Dropout({ p: 0.25 }),
      new nn.Linear(6, classes, { seed: 2 }),
    ),
    'float64',
  );
  const optimizer = optim.adam(model, { lr: 0.05 });
  const train = (x: Tensor, labels: Tensor, rng: Tensor): Tensor =>
    optimizer.minimize(() => nn.crossEntropy(model.forward(x, { training: true, rng }), labels));
  const evaluate = (x: Tensor, labels: Tensor) => {
    const logits = model.forward(x);
    return {
      loss: nn.crossEntropy(logits, labels),
      hits: equal(argmax(logits, { axis: 1 }), labels),
    };
  };
  const state = () => ({ ...model.stateDict(), ...optimizer.stateDict() });
  return { model, optimizer, train, evaluate, state };
}

function batchOf(k: number, size = 5): [x: Tensor, labels: Tensor, rng: Tensor] {
  const key = random.foldIn(random.key(11), k);
  const labels = random.randint(random.foldIn(key, 'labels'), [size], 0, classes);
  return [random.normal(key, [size, features], float64), labels, key];
}

describe('a model under compiled functions', () => {
  test('is trained and evaluated by turns as by plain calls', () => {
    const [ours, plain] = [classifier(), classifier()];
    const [train, evaluate] = [compile(ours.train), compile(ours.evaluate)];
    for (let k = 0; k < 6; k++) {
      expectSame(train(...batchOf(k)), plain.train(...batchOf(k)), tolerance);
      const [x, labels] = batchOf(100);
      const [got, want] = [evaluate(x, labels), plain.evaluate(x, labels)];
      expectSame(got.loss, want.loss, tolerance);
      expectSame(got.hits, want.hits);
      if (k % 2 === 1) expectSame(ours.state(), plain.state(), tolerance);
    }
    expect([train.traces, evaluate.traces]).toEqual([1, 1]);
  });

  test('may be trained by two programs and by plain calls in turn', () => {
    const [ours, plain] = [classifier(), classifier()];
    const [train, again] = [compile(ours.train), compile(ours.train)];
    for (let k = 0; k < 8; k++) {
      const args = batchOf(k, k % 3 === 0 ? 3 : 5);
      const step = [train, again, ours.train, train][k % 4]!;
      expectSame(step(...args), plain.train(...args), tolerance);
    }
    expectSame(ours.state(), plain.state(), tolerance);
  });

  test('may be loaded, and given another learning rate, between steps', () => {
    const [ours, plain] = [classifier(), classifier()];
    const train = compile(ours.train);
    const start = ours.model.stateDict();
    for (const one of [{ ...ours, train }, plain]) {
      for (let k = 0; k < 3; k++) one.train(...batchOf(k));
      one.optimizer.lr = 0.01;
      one.train(...batchOf(3));
      one.model.loadStateDict(start);
      one.train(...batchOf(4));
    }
    expectSame(ours.state(), plain.state(), tolerance);
    expect(train.traces).toBe(1);
  });

  test('keeps everything when labels are out of range', () => {
    const [ours, plain] = [classifier(), classifier()];
    const train = compile(ours.train);
    const [x, labels, rng] = batchOf(0, 3);
    const before = ours.state();
    for (const wrong of [
      [0, classes, 1],
      [-1, 0, 0],
    ]) {
      const bad = tensor(wrong, { dtype: 'int32' });
      const error = thrownBy(() => train(x, bad, rng));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain(`crossEntropy: labels must be integers in [0, ${classes})`);
      expect(error.message).toMatch(/, got (4 at position 1|-1 at position 0)\./);
      expect(error).toEqual(thrownBy(() => classifier().train(x, bad, rng)));
      expectSame(ours.state(), before);
    }
    expectSame(train(x, labels, rng), plain.train(x, labels, rng), tolerance);
    expectSame(ours.state(), plain.state(), tolerance);
    expect(train.traces).toBe(1);
  });

  test('keeps everything when an update is not finite', () => {
    const [ours, plain] = [classifier(), classifier()];
    const train = compile(ours.train);
    const [x, labels, rng] = batchOf(0);
    const before = ours.state();
    for (const bad of [Number.NaN, Infinity]) {
      const wrong = concat([tensor([[bad, 0, 0]], float64), zeros([4, 3], float64)]);
      const error = thrownBy(() => train(wrong, labels, rng));
      expect(error).toBeInstanceOf(optim.NonFiniteUpdateError);
      expect(error).toEqual(thrownBy(() => classifier().train(wrong, labels, rng)));
      expectSame(ours.state(), before);
    }
    expectSame(train(x, labels, rng), plain.train(x, labels, rng), tolerance);
    expectSame(ours.state(), plain.state(), tolerance);
  });

  test('steps from gradients added up by backward()', () => {
    const run = (wrap: <A extends Tensor[], R>(f: (...args: A) => R) => (...args: A) => R) => {
      const { model, optimizer, state } = classifier();
      const add = wrap((x: Tensor, labels: Tensor) => {
        const loss = nn.crossEntropy(model.forward(x), labels).mul(0.5);
        loss.backward();
        return loss;
      });
      const step = wrap(() => {
        optimizer.step();
        optimizer.zeroGrad();
      });
      const losses: Tensor[] = [];
      for (let k = 0; k < 6; k++) {
        const [x, labels] = batchOf(k);
        losses.push(add(x, labels));
        if (k % 2 === 1) step();
      }
      return [losses, state()];
    };
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
      tolerance,
    );
  });

  test('is refused a step without gradients, as by a plain call', () => {
    const { optimizer, state } = classifier();
    const before = state();
    const step = compile(() => optimizer.step());
    expect(thrownBy(() => step())).toEqual(thrownBy(() => optimizer.step()));
    expectSame(state(), before);
  });

  test('trains in float32 too', () => {
    const run = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
      const layer = new nn.Linear(features, 1, { seed: 3 });
      const optimizer = optim.sgd(layer, { lr: 0.1, momentum: 0.9 });
      const step = wrap((x) => optimizer.minimize(() => mean(square(layer.forward(x)))));
      return Array.from({ length: 10 }, (_, k) => step(batchOf(k)[0].astype('float32')));
    };
    // Ten steps, each of which rounds a few times.
    expectSame(
      run((f) => compile(f)),
      run((f) => f),
      1e-5,
    );
  });
});
