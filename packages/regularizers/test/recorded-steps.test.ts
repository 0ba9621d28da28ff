import { describe, expect, test } from '@jest/globals';
import { Cell, random, type Tensor, tensor } from '@tikhonov/core';
import { crossEntropy, mlp } from '@tikhonov/nn';
import {
  adam,
  adamw,
  clipByGlobalNorm,
  clipByValue,
  type Optimizer,
  type OptimizerTarget,
  sgd,
} from '@tikhonov/optim';
import { l1, l2, spectralNorm } from '../src/index.ts';
import { contentsOf, record, replay, valuesOf } from './replay.ts';

const rows = random.normal(random.key(1), [6, 3]);
const labels = random.randint(random.key(2), [6], 0, 2);
const count = (step: number): Tensor => tensor(step, { dtype: 'int32' });

type MakeOptimizer = (model: OptimizerTarget) => Optimizer;
type MakePenalties = (
  model: ReturnType<typeof mlp>,
) => readonly ((options?: { updateState?: boolean }) => Tensor)[];

/** A training step of a small network, and every cell that it may move. */
function training(makeOptimizer: MakeOptimizer, makePenalties: MakePenalties = () => []) {
  const model = mlp([3, 4, 2], { seed: 0 });
  const penalties = makePenalties(model);
  const optimizer = makeOptimizer(model);
  const step = (x: Tensor, y: Tensor, at: Tensor): readonly Tensor[] => {
    const rng = random.foldIn(random.key(3), at);
    const loss = optimizer.minimize(() => {
      const data = crossEntropy(model.forward(x, { training: true, rng }), y);
      return penalties.reduce((sum, penalty) => sum.add(penalty()), data);
    });
    return [loss];
  };
  const state = (): unknown => [valuesOf(model.namedCells()), optimizer.stateDict()];
  return { step, state, optimizer };
}

/** Three steps as they come, and three of a recording made before the first: equal to the last bit. */
function expectReplayable(make: () => ReturnType<typeof training>): void {
  const [plain, recorded] = [make(), make()];
  const graph = record(recorded.step, rows, labels, count(1));
  for (const at of [1, 2, 3]) {
    const [loss] = plain.step(rows, labels, count(at));
    const [again] = replay(graph, rows, labels, count(at));
    expect(again!.item()).toBe(loss!.item());
    expect(recorded.state()).toEqual(plain.state());
  }
  // Had something changed beside the cells, it would be recorded with its new value now.
  const later = record(recorded.step, rows, labels, count(4));
  expect(contentsOf(later)).toEqual(contentsOf(graph));
}

describe('a step can be recorded once and run for ever, also with', () => {
  const normed = [1, 3, Infinity].map((normType) => clipByGlobalNorm(0.1, { normType }));
  const bound = [clipByGlobalNorm(0.1), clipByValue(0.05)];
  const optimizers: readonly (readonly [string, MakeOptimizer])[] = [
    ['sgd', (model) => sgd(model, { lr: 0.1 })],
    [
      'momentum and dampening',
      (model) => sgd(model, { lr: 0.1, momentum: 0.9, dampening: 0.5, maximize: true }),
    ],
    ['nesterov', (model) => sgd(model, { lr: 0.1, momentum: 0.9, nesterov: true })],
    ['amsgrad', (model) => adam(model, { amsgrad: true, weightDecay: 0.1 })],
    ['both clippings', (model) => adam(model, { gradients: bound })],
    ['other norms', (model) => sgd(model, { lr: 1, gradients: normed })],
    [
      'decay in a cell',
      (model) => adamw(model, { weightDecay: new Cell(tensor(0.1, { dtype: 'float64' })) }),
    ],
  ];
  test.each(optimizers)('%s', (_name, make) => {
    expectReplayable(() => training(make));
  });

  test('a power iteration whose vectors move', () => {
    const { step } = training(
      (model) => sgd(model, { lr: 0.1 }),
      (model) => [spectralNorm(model, { lambda: 0.1 })],
    );
    const { reads, writes } = record(step, rows, labels, count(1));
    for (const cells of [reads, writes]) {
      const names = cells.map(({ cell }) => cell.name);
      expect(names).toEqual(
        expect.arrayContaining(
          ['0', '1'].flatMap((layer) =>
            ['u', 'v'].map((vector) => `spectralNorm.layers.${layer}.weight.${vector}`),
          ),
        ),
      );
    }
  });
});

test('a strength or learning rate in a cell is read at every run of a recording', () => {
  const make = () => {
    const lambda = new Cell(tensor(0.1), { name: 'lambda' });
    const parts = training(
      (model) => sgd(model, { lr: 0.1 }),
      (model) => [
        () => l1(model, { lambda }),
        () => l2(model, { lambda }),
        spectralNorm(model, { lambda }),
      ],
    );
    return { ...parts, lambda };
  };
  const [plain, recorded] = [make(), make()];
  const graph = record(recorded.step, rows, labels, count(1));
  for (const [at, strength, rate] of [
    [1, 0.1, 0.1],
    [2, 0.7, 0.1],
    [3, 0, 0.02],
  ] as const) {
    for (const { lambda, optimizer } of [plain, recorded]) {
      lambda.write(strength);
      optimizer.lr = rate;
    }
    const [loss] = plain.step(rows, labels, count(at));
    expect(replay(graph, rows, labels, count(at))[0]!.item()).toBe(loss!.item());
    expect(recorded.state()).toEqual(plain.state());
  }
});
