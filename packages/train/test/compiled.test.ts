import { describe, expect, test } from '@jest/globals';
import { signatureOf, trace } from '@tikhonov/compile';
import { Cell, random, relu, type Tensor, TraceError, tensor } from '@tikhonov/core';
import { bind, definePrimitive } from '@tikhonov/core/engine';
import { Dataset } from '@tikhonov/data';
import {
  astype,
  BatchNorm1d,
  crossEntropy,
  Dropout,
  type ForwardContext,
  Linear,
  Sequential,
} from '@tikhonov/nn';
import { adam } from '@tikhonov/optim';
import {
  accuracy,
  type Callback,
  evaluate,
  evaluator,
  type FitOptions,
  fit,
  type History,
  NonFiniteError,
} from '@tikhonov/train';
import { stepFunction } from '../src/train-step.ts';
import { held, network, plan, small, valuesOf } from './helpers.ts';

const modes = [
  ['compiled', true],
  ['eager', false],
] as const;

const inFloat64 = (data: Dataset): Dataset => data.with({ x: data.x.astype('float64') });

/** A training with state of every kind: running statistics, moments, masks, and a penalty's own cell. */
function everything(more: Partial<FitOptions> = {}) {
  const first = new Linear(64, 12, { seed: 0 });
  const model = astype(
    new Sequential(
      first,
      new BatchNorm1d(12),
      relu,
      new Dropout({ p: 0.2 }),
      new Linear(12, 10, { seed: 1 }),
    ),
    'float64',
  );
  const optimizer = adam(model, { lr: 0.01 });
  const calls = new Cell(tensor(0, { dtype: 'float64' }));
  const lambda = new Cell(tensor(1e-3, { dtype: 'float64' }));
  const penalty = ({ updateState = true } = {}): Tensor => {
    if (updateState) calls.write(calls.read().add(1));
    return first.weight.read().pow(2).sum().mul(lambda.read());
  };
  const options: FitOptions = {
    ...{ train: inFloat64(small), validation: inFloat64(held), epochs: 3, batchSize: 40, seed: 1 },
    ...{ optimizer, loss: crossEntropy, penalties: [penalty] },
    ...more,
  };
  const state = () => ({
    model: valuesOf(model),
    optimizer: Object.values(optimizer.stateDict()).map((value) => Array.from(value.data())),
    calls: calls.read().item(),
  });
  return { model, optimizer, lambda, state, options, run: () => fit(model, options) };
}

/** All numbers in a tree, in order. */
const numbersIn = (tree: unknown): number[] =>
  typeof tree === 'number'
    ? [tree]
    : typeof tree === 'object' && tree !== null
      ? Object.values(tree).flatMap(numbersIn)
      : [];

/** What `fit` rejects with. */
const rejection = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe('compiled and eager training are the same', () => {
  const schedule = (parts: ReturnType<typeof everything>): Callback => ({
    onEpochBegin(epoch) {
      parts.optimizer.lr = 0.01 / epoch;
      parts.lambda.write(1e-3 * epoch);
    },
  });
  const trained = async (compiled: boolean, onlyFirst = false) => {
    const parts = everything({ compiled });
    const callbacks = onlyFirst ? [] : [schedule(parts)];
    const history = await fit(parts.model, { ...parts.options, callbacks });
    return { ...parts, history };
  };

  test('up to the order of sums, with a ragged batch, masks, running state and a schedule', async () => {
    const [compiled, eager] = [await trained(true), await trained(false)];
    const [got, want] = [compiled, eager].map(({ history, state }) =>
      numbersIn([history, state()]),
    );
    expect(got).toHaveLength(want!.length);
    // Nine steps of Adam, whose first divides by sqrt(g^2): roundings of 2^-53 grow, but no further.
    const worst = Math.max(...want!.map((x, i) => Math.abs(got![i]! - x) / (1 + Math.abs(x))));
    expect(worst).toBeLessThan(1e-9);
    expect(compiled.history.epochs.map(({ steps }) => steps)).toEqual([3, 6, 9]);
    expect(compiled.state().calls).toBe(9);
  });

  test('the schedule acts in both', async () => {
    for (const compiled of [true, false]) {
      const [scheduled, constant] = [await trained(compiled), await trained(compiled, true)];
      const [a, b] = [scheduled, constant].map(({ history }) => history.epochs);
      expect(a![0]!.penalty).toBe(b![0]!.penalty);
      expect(a![1]!.penalty).toBeGreaterThan(1.5 * b![1]!.penalty);
    }
  });
});

describe.each(modes)('a %s step that fails changes nothing', (_mode, compiled) => {
  const stateAfter = async (epochs: number, options: Partial<FitOptions>) => {
    const parts = everything({ epochs, ...options, compiled });
    return { ...parts, error: await rejection(parts.run()), after: parts.state() };
  };
  const ordered = { shuffle: false, batchSize: 32 };

  test('on a loss that is not finite, which is reported with its cause', async () => {
    const x = inFloat64(small).x.data();
    x[64 * 70 + 3] = Number.NaN;
    const bad = new Dataset({ x: tensor(x, { shape: small.x.shape }), y: small.y });
    const { error, after } = await stateAfter(1, { ...ordered, train: bad });
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as NonFiniteError).report).toEqual({
      ...{ epoch: 1, step: 3, tensor: 'input x', value: Number.NaN },
    });
    const { after: before } = await stateAfter(1, {
      ...ordered,
      train: inFloat64(small.subset(64)),
    });
    expect(after).toEqual(before);
    expect(after.calls).toBe(2);
  });

  test('on a check in the loss, whose error comes through as it is', async () => {
    const y = small.y.data();
    y[80] = 12;
    const bad = new Dataset({ x: inFloat64(small).x, y: tensor(y) });
    const { error, after } = await stateAfter(1, { ...ordered, train: bad });
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/12/);
    expect(after.calls).toBe(2);
    const { after: before } = await stateAfter(1, {
      ...ordered,
      train: inFloat64(small.subset(64)),
    });
    expect(after).toEqual(before);
  });

  test('on an error of the loss itself', async () => {
    const error = new Error('no loss today');
    const parts = everything({ compiled });
    const before = parts.state();
    const loss = () => {
      throw error;
    };
    expect(await rejection(fit(parts.model, { ...parts.options, loss }))).toBe(error);
    expect(parts.state()).toEqual(before);
  });
});

describe('what is recorded', () => {
  test('a step reads no value, and its state is that of model, optimizer and penalties', () => {
    const { model, optimizer, options } = everything();
    const penalties = options.penalties!;
    const step = stepFunction({
      ...{ model, optimizer, loss: crossEntropy, penalties },
      ...{ key: random.key(0), compiled: true },
    });
    const { x, y } = inFloat64(small).subset(8);
    const count = tensor(1, { dtype: 'int32' });
    const { graph } = trace(step, signatureOf([x, y, count]));
    const written = new Set(graph.writes.map(({ cell }) => cell));
    // Two moments of each parameter, the count of Adam, and that of the penalty's calls.
    const moments = 2 * model.parameters().length + 1;
    expect(written.size).toBe(Object.keys(model.namedCells()).length + moments + 1);
    for (const cell of Object.values(model.namedCells())) expect(written).toContain(cell);
    const read = new Set(graph.reads.map(({ cell }) => cell));
    expect(read).toContain(optimizer.lr);
    for (const { cell } of graph.writes) expect(read).toContain(cell);
  });

  test('an evaluation reads parameters and writes nothing', () => {
    const model = network(0.5);
    const score = evaluator(model, { loss: crossEntropy, metrics: { accuracy }, compiled: true });
    const before = valuesOf(model);
    const first = score(held);
    expect(score(held)).toEqual(first);
    expect(valuesOf(model)).toEqual(before);
    const eager = evaluate(model, held, { loss: crossEntropy, metrics: { accuracy } });
    expect(first.accuracy).toBe(eager.accuracy);
    // Two float32 means in another order.
    expect(Math.abs(first.loss - eager.loss)).toBeLessThan(eager.loss * 2 ** -20);
  });
});

test('an operation that has no form in WebAssembly is run by its own kernel', async () => {
  let calls = 0;
  const mystery = definePrimitive<1, null>({
    name: 'mystery',
    infer: ([x]) => x,
    forward: ([x]) => {
      calls += 1;
      return x;
    },
    vjp: [() => (g) => g],
  });
  const loss = (output: Tensor, y: Tensor) => crossEntropy(bind(mystery, [output], null), y);
  const model = network();
  const history = await fit(model, plan(model, { loss, compiled: true }));
  const other = network();
  const plain = await fit(other, plan(other, { compiled: true }));
  const losses = ({ epochs }: History): number[] => epochs.map(({ dataLoss }) => dataLoss);
  expect(losses(history)).toEqual(losses(plain));
  expect(losses(history)[0]).toBeGreaterThan(0);
  expect(calls).toBeGreaterThanOrEqual(history.epochs.at(-1)!.steps);
});

describe('what cannot be compiled is an error that says how to do without', () => {
  test('a number in an evaluation, which would stay the same', async () => {
    const model = network();
    const metrics = { half: () => 0.5 };
    const error = await rejection(fit(model, plan(model, { metrics, compiled: true })));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(
      /^evaluate: half returned the number 0.5, .*\n {2}Return a scalar Tensor.*{ compiled: false }/,
    );
    const history = await fit(model, plan(model, { metrics, compiled: false }));
    expect(history.epochs[0]!.evaluations.validation!.half).toBe(0.5);
  });

  test('a loss that reads values', async () => {
    const model = network();
    const before = valuesOf(model);
    const loss = (output: Tensor, y: Tensor) => {
      const value = crossEntropy(output, y);
      return value.item() > 2 ? value : value.mul(2);
    };
    const error = await rejection(fit(model, plan(model, { loss, compiled: true })));
    expect(error).toBeInstanceOf(TraceError);
    expect((error as Error).message).toMatch(/while tracing.*\n {2}Or pass { compiled: false }/s);
    expect(valuesOf(model)).toEqual(before);
    const history = await fit(model, plan(model, { loss, compiled: false }));
    expect(history.stopReason).toBe('completed');
  });
});

test('the model is called once for each program: whole batches, the ragged one, and each evaluation, after one look at the loss', async () => {
  const model = network();
  const seen: string[] = [];
  const watched = {
    namedCells: () => model.namedCells(),
    forward: (x: Tensor, context: ForwardContext = {}) => {
      seen.push(`${context.training === true ? 'step' : 'evaluation'} ${x.shape[0]}`);
      return model.forward(x, context);
    },
  };
  await fit(watched, plan(model, { epochs: 4, batchSize: 40, compiled: true }));
  const [look, ...rest] = seen;
  expect(look).toMatch(/^evaluation /);
  expect(rest).toEqual(['step 40', 'step 16', `evaluation ${held.size}`]);
});
