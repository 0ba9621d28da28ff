import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  DTypeError,
  Parameter,
  parameter,
  random,
  ShapeError,
  type Tensor,
  type TensorJSON,
  tensor,
  zeros,
} from '@tikhonov/core';
import {
  BatchNorm1d,
  childContext,
  Dropout,
  Linear,
  LSTM,
  Module,
  mlp,
  Sequential,
} from '../src/index.ts';

class Tied extends Module {
  readonly first: Parameter = parameter(tensor([1, 2]));
  readonly count: Cell = new Cell(tensor(0, { dtype: 'int32' }));
  readonly blocks: readonly Module[] = [new Linear(2, 2, { seed: 0 })];
  readonly named: { readonly gate: Parameter } = { gate: parameter(tensor([3])) };
  readonly again: Parameter = this.first;
  readonly #hidden: Parameter = parameter(tensor([9]));
  readonly nothing: null = null;
  readonly label: string = 'not a cell';

  forward(x: Tensor): Tensor {
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

  test('stateNames renames properties, of submodules too, and a name is given once', () => {
    class Renamed extends Module {
      readonly inputWeight: Parameter = parameter(tensor([1]));
      readonly inner: Module = new Linear(1, 1, { seed: 0, bias: false });
      readonly #names: Readonly<Record<string, string>>;
      constructor(names: Readonly<Record<string, string>>) {
        super();
        this.#names = names;
      }
      override get stateNames(): Readonly<Record<string, string>> {
        return this.#names;
      }
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const names = { inputWeight: 'weight_ih_l0', inner: 'out_proj' };
    const model = new Renamed(names);
    expect(Object.keys(model.stateDict())).toEqual(['weight_ih_l0', 'out_proj.weight']);
    expect(Object.keys(model.namedParameters())).toEqual(Object.keys(model.stateDict()));
    const twice = new Renamed({ inputWeight: 'a.weight', inner: 'a' });
    expect(() => twice.stateDict()).toThrow(
      'Module: two cells are named "a.weight".\n  Rename a property, or its entry in stateNames.',
    );
  });

  test('modules that refer to each other are walked once', () => {
    class Child extends Module {
      parent: Module | null = null;
      readonly w: Parameter = parameter(tensor([1]));
      forward(x: Tensor): Tensor {
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
  const parsed = JSON.parse(text) as Record<string, TensorJSON>;
  expect(() => other.loadStateDict(parsed as never)).toThrow(
    'loadStateDict: "weight" is object, not a Tensor.\n' +
      '  Of parsed JSON make tensors first: tensor(value) for every entry.',
  );
  other.loadStateDict(
    Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, tensor(value)])),
  );
  expect(JSON.stringify(other.stateDict())).toBe(text);
  expect(() => other.loadStateDict(undefined as never)).toThrow(/the state is undefined/);
});

describe('modules in modules', () => {
  const inner = new Sequential(new Linear(2, 2, { seed: 0 }), new Dropout());
  const shared = new Linear(2, 3, { seed: 1 });
  class Net extends Module {
    readonly body: Module = inner;
    readonly heads: readonly Module[] = [shared, shared];
  }

  test('modules() has all of them, each once, this one first', () => {
    const net = new Net();
    expect(Object.keys(net.namedModules())).toEqual(['', 'body', 'body.0', 'body.1', 'heads.0']);
    expect(net.modules()[0]).toBe(net);
    expect(net.modules()).toHaveLength(5);
  });

  test('children() stops at modules', () => {
    expect(Object.keys(new Net().namedChildren())).toEqual(['body', 'heads.0']);
    expect(new Net().children()).toEqual([inner, shared]);
    expect(shared.children()).toEqual([]);
  });

  test('String(model) lists them with their sizes', () => {
    expect(String(new Net())).toBe(
      [
        'Net',
        '  body: Sequential',
        '  body.0: Linear(2 -> 2)',
        '  body.1: Dropout',
        '  heads.0: Linear(2 -> 3)',
      ].join('\n'),
    );
    expect(String(new BatchNorm1d(3))).toBe('BatchNorm1d(3)');
  });

  test('a model comes before its layers, also where their names are numbers', () => {
    const linear = new Linear(2, 2, { seed: 0 });
    const model = new Sequential(new Sequential(linear), new Dropout({ p: 0.1 }));
    const lines = ['Sequential', '  0: Sequential', '  0.0: Linear(2 -> 2)', '  1: Dropout'];
    expect(String(model)).toBe(lines.join('\n'));
    expect(model.modules()).toEqual([model, model[0], linear, model[1]]);
  });
});

describe('parts of states', () => {
  test('parameterValues leaves buffers out', () => {
    const layer = new BatchNorm1d(1);
    expect(Object.keys(layer.parameterValues())).toEqual(['weight', 'bias']);
    expect(layer.parameterValues().weight!.requiresGrad).toBe(false);
  });

  test('strict: false loads what fits by name and returns the rest', () => {
    const model = new Linear(2, 1, { seed: 0 });
    const bias = model.bias!.read().toArray();
    const weight = tensor([[5, 6]]);
    const found = model.loadStateDict({ weight, other: tensor(1) }, { strict: false });
    expect(found).toEqual({ missing: ['bias'], unexpected: ['other'] });
    expect(model.weight.read().toArray()).toEqual([[5, 6]]);
    expect(model.bias!.read().toArray()).toEqual(bias);
    expect(model.loadStateDict(model.stateDict())).toEqual({ missing: [], unexpected: [] });
  });

  test('strict: false still refuses shapes, and changes nothing then', () => {
    const model = new Linear(2, 1, { seed: 0 });
    const before = JSON.stringify(model.stateDict());
    const state = { weight: zeros([1, 2]), bias: zeros([2]) };
    expect(() => model.loadStateDict(state, { strict: false })).toThrow(
      new ShapeError(
        'loadStateDict: the state does not fit; nothing was changed.\n' +
          '  "bias" holds [1], given [2]\n' +
          '  Was it saved from a model of the same structure?',
      ),
    );
    expect(JSON.stringify(model.stateDict())).toBe(before);
    expect(() => model.loadStateDict(state, { stric: false } as never)).toThrow(
      'loadStateDict: unknown option "stric".',
    );
  });
});

test('types know layers of Sequential and the first weights of recurrent layers', () => {
  const net = new Sequential(new Linear(2, 3, { seed: 0 }), (x: Tensor) => x);
  const weight: Parameter = net.layers[0].weight;
  expect(weight).toBe(net.namedParameters()['0.weight']);
  expect(new LSTM(2, 3, { seed: 0 }).weightIhL0.shape).toEqual([12, 2]);
  expect(mlp([1, 1], { seed: 0 }).describe()).toBe('MLP');
});
