import { describe, expect, test } from '@jest/globals';
import { ones, random, square, valueAndGrad } from '@tikhonov/core';
import * as nn from '../../src/index.ts';

const small = { inputShape: [1, 8, 8] as const, classes: 10, seed: 0 };
const kinds: readonly [string, (change?: nn.ChangePart) => nn.Sequential][] = [
  ['smallCnn', (change) => nn.smallCnn({ ...small, ...(change ? { change } : {}) })],
  ['smallResNet', (change) => nn.smallResNet({ ...small, ...(change ? { change } : {}) })],
];
const count = (model: nn.Module): number => model.parameters().reduce((n, p) => n + p.size, 0);

describe.each(kinds)('%s', (name, make) => {
  test('takes flat rows and images alike, and refuses others', () => {
    const x = random.normal(random.key(1), [3, 64]);
    const model = make();
    expect(model.forward(x).shape).toEqual([3, 10]);
    expect(model.forward(x.reshape([3, 1, 8, 8])).toArray()).toEqual(model.forward(x).toArray());
    expect(() => model.forward(ones([3, 65]))).toThrow(
      'ImageRows: x must be [n, 64] or [n, 1, 8, 8], got [3, 65].',
    );
    expect(model.forward(ones([0, 64])).shape).toEqual([0, 10]);
  });

  test('every parameter is reached', () => {
    const model = make();
    const x = random.normal(random.key(1), [4, 64]);
    const [, gradients] = valueAndGrad(() => square(model.forward(x, { training: true })).sum())(
      model.namedParameters(),
    );
    const dead = Object.entries(gradients).filter(([, g]) => g.data().every((v) => v === 0));
    expect(dead.map(([key]) => key)).toEqual([]);
  });

  test('places are numbered in the order of the forward pass, and counted', () => {
    const places: nn.Place[] = [];
    make((part, place) => {
      places.push(place);
      return part;
    });
    for (const kind of new Set(places.map((place) => place.kind))) {
      const own = places.filter((place) => place.kind === kind);
      expect(own.map(({ index }) => index)).toEqual(own.map((_, i) => i));
      expect(new Set(own.map((place) => place.count))).toEqual(new Set([own.length]));
    }
    expect(places.filter(({ output }) => output).map(({ kind }) => kind)).toEqual(['linear']);
    const keys = places.map(({ key }) => String(key.data()));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('a change sees what comes out of its part', () => {
    let checked = 0;
    const model = make((part, { channels, spatial, kind }) => {
      const layer = part instanceof nn.Module ? part : new nn.ReLU();
      const look = new (class Look extends nn.Module {
        layer = layer;
        forward(x: Parameters<nn.Layer['forward']>[0], context: nn.ForwardContext = {}) {
          const y = this.layer.forward(x, nn.childContext(context, 'layer'));
          expect([kind, y.shape]).toEqual([kind, [2, channels, ...spatial]]);
          checked += 1;
          return y;
        }
      })();
      return look;
    });
    model.forward(ones([2, 64]));
    expect(checked).toBeGreaterThan(5);
  });

  test('initial weights of the rest do not depend on a change', () => {
    const values = (model: nn.Module): string[] =>
      Object.values(model.stateDict()).map((x) => String(x.data()));
    const noisy = make((part, { kind }) =>
      kind === 'activation' ? new nn.Sequential(part, new nn.Dropout()) : part,
    );
    expect(values(noisy)).toEqual(values(make()));
    const masks = noisy.forward(ones([2, 64]), { training: true, rng: random.key(3) });
    expect(masks.toArray()).not.toEqual(
      make()
        .forward(ones([2, 64]))
        .toArray(),
    );
  });

  test('a change that returns no layer, or is no function, is refused', () => {
    // @ts-expect-error -- null is no layer
    expect(() => make(() => null)).toThrow(
      `${name}: what change made of convolution 0 is null, not a Module or a function of a tensor.`,
    );
    // @ts-expect-error -- neither is a number a function
    expect(() => make(3)).toThrow(`${name}: change must be a function`);
  });
});

test('sizes and names are checked', () => {
  const cnn =
    (options: object): (() => void) =>
    () =>
      nn.smallCnn({ ...small, ...options });
  expect(cnn({ inputShape: [8, 8] })).toThrow('inputShape must be [channels, height, width]');
  expect(cnn({ channels: [0] })).toThrow('channels[0] must be an integer >= 1, got 0');
  expect(cnn({ channels: 3 })).toThrow('channels must be a list of integers >= 1, got 3');
  expect(cnn({ kernelSize: 2 })).toThrow('kernelSize must be an odd integer >= 1, got 2');
  expect(cnn({ norm: 'layer' })).toThrow(`norm must be 'batch' or 'none', got "layer"`);
  expect(cnn({ chanels: [1] })).toThrow('unknown option "chanels"');
  const resnet =
    (options: object): (() => void) =>
    () =>
      nn.smallResNet({ ...small, ...options });
  expect(resnet({ channels: [] })).toThrow('channels must have a stage at least');
  expect(resnet({ blocks: 0 })).toThrow('blocks must be an integer >= 1, got 0');
  expect(resnet({ norm: 'layer' })).toThrow(`norm must be 'batch', 'group' or 'none'`);
});

test('the sizes that the documentation names', () => {
  const mnist = { inputShape: [1, 28, 28] as const, classes: 10, seed: 0 };
  expect(Math.round(count(nn.smallCnn(mnist)) / 1000)).toBe(106);
  expect(Math.round(count(nn.smallResNet(mnist)) / 1000)).toBe(43);
});

test('other forms: norms, no norm, tiny images, another branch', () => {
  for (const norm of ['batch', 'none'] as const) {
    const model = nn.smallCnn({ ...small, norm, inputShape: [2, 3, 1], channels: [3, 4, 5] });
    expect(model.forward(ones([4, 6]), { training: true }).shape).toEqual([4, 10]);
  }
  for (const norm of ['group', 'none'] as const) {
    const branches: number[] = [];
    const model = nn.smallResNet({
      ...small,
      norm,
      inputShape: [2, 5, 3],
      channels: [3, 4, 5, 6],
      change: (part, { branch, key }) => {
        if (branch === undefined) return part;
        const other = branch(key);
        branches.push(count(other as nn.Module));
        expect(count((part as nn.Residual).body as nn.Module)).toBe(branches.at(-1));
        return part;
      },
    });
    expect(model.forward(ones([4, 30]), { training: true }).shape).toEqual([4, 10]);
    expect(branches.length).toBe(8);
  }
});
