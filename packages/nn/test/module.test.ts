import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  Parameter,
  parameter,
  random,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '@tikhonov/core';
import { childContext, Linear, Module } from '../src/index.ts';

class Tied extends Module {
  readonly first: Parameter = parameter(tensor([1, 2]));
  readonly count: Cell = new Cell(tensor(0, { dtype: 'int32' }));
  readonly blocks: readonly Module[] = [new Linear(2, 2, { seed: 0 })];
  readonly named: { readonly gate: Parameter } = { gate: parameter(tensor([3])) };
  readonly again: Parameter = this.first;
  readonly #hidden: Parameter = parameter(tensor([9]));
  readonly nothing: null = null;
  readonly label: string = 'not a cell';

  override forward(x: Tensor): Tensor {
    return x.mul(this.first).add(this.#hidden);
  }
}

describe('names', () => {
  test('cells are named by their properties; a shared one counts once, a private one not at all', () => {
    expect(Object.keys(new Tied().namedCells())).toEqual([
      'first',
      'count',
      'blocks.0.weight',
      'blocks.0.bias',
      'named.gate',
    ]);
  });

  test('parameters are the trainable cells', () => {
    const model = new Tied();
    expect(Object.keys(model.namedParameters())).not.toContain('count');
    expect(model.parameters()).toHaveLength(4);
    expect(model.parameters().every((cell) => cell instanceof Parameter)).toBe(true);
  });

  test('modules that refer to each other are walked once', () => {
    class Child extends Module {
      parent: Module | null = null;
      readonly w: Parameter = parameter(tensor([1]));
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const [a, b] = [new Child(), new Child()];
    a.parent = b;
    b.parent = a;
    expect(Object.keys(a.namedCells())).toEqual(['parent.w', 'w']);
  });
});

describe('states', () => {
  test('a state is a snapshot: later writes do not change it', () => {
    const model = new Tied();
    const state = model.stateDict();
    model.first.write(tensor([7, 8]));
    expect(state.first!.toArray()).toEqual([1, 2]);
    expect(state.first!.requiresGrad).toBe(false);
    model.loadStateDict(state);
    expect(model.first.read().toArray()).toEqual([1, 2]);
  });

  test('everything that does not fit is named in one error, and nothing changes', () => {
    const model = new Tied();
    const { first: _first, ...rest } = model.stateDict();
    const state = {
      ...rest,
      count: tensor(5, { dtype: 'int32' }),
      extra: tensor(1),
      'blocks.0.weight': zeros([3, 2]),
      'blocks.0.bias': zeros([2], { dtype: 'float64' }),
    };
    expect(() => model.loadStateDict(state)).toThrow(
      'loadStateDict: the state does not fit; nothing was changed.\n' +
        '  missing: "first"\n' +
        '  unexpected: "extra"\n' +
        '  "blocks.0.weight" holds [2, 2], given [3, 2]\n' +
        '  "blocks.0.bias" holds float32, given float64\n' +
        '  Was it saved from a model of the same structure?',
    );
    expect(model.count.read().item()).toBe(0);
  });

  test('the error has the type of the only problem', () => {
    const model = new Tied();
    const state = model.stateDict();
    expect(() => model.loadStateDict({ ...state, first: zeros([3]) })).toThrow(ShapeError);
    const first = zeros([2], { dtype: 'float64' });
    expect(() => model.loadStateDict({ ...state, first })).toThrow(DTypeError);
  });
});

test("a child's context has a key of its own and keeps the rest", () => {
  const rng = random.key(3);
  const context = { training: true, updateState: false, rng };
  const child = childContext(context, 'layers.0');
  expect(child).toMatchObject({ training: true, updateState: false });
  expect(child.rng!.toArray()).toEqual(random.foldIn(rng, 'layers.0').toArray());
  expect(childContext(context, 'layers.1').rng!.toArray()).not.toEqual(child.rng!.toArray());
  expect(childContext({ training: true }, 'layers.0')).toEqual({ training: true });
});

test('parsed JSON is refused with what to do, and restores once it is tensors again', () => {
  const [model, other] = [new Linear(2, 2, { seed: 0 }), new Linear(2, 2, { seed: 1 })];
  const text = JSON.stringify(model.stateDict());
  const parsed = JSON.parse(text) as Record<string, ReturnType<Tensor['toJSON']>>;
  expect(() => other.loadStateDict(parsed as never)).toThrow(
    'loadStateDict: "weight" is object, not a Tensor.\n' +
      '  If it was parsed from JSON, make tensors first: tensor(v.data, v) for every entry v.',
  );
  other.loadStateDict(
    Object.fromEntries(Object.entries(parsed).map(([name, v]) => [name, tensor(v.data, v)])),
  );
  expect(JSON.stringify(other.stateDict())).toBe(text);
  expect(() => other.loadStateDict(undefined as never)).toThrow(/the state is undefined/);
});
