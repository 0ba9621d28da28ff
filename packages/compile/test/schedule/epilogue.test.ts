import { describe, expect, test } from '@jest/globals';
import {
  abs,
  cumsum,
  exp,
  flip,
  less,
  lessEqual,
  mul,
  relu,
  slice,
  softmax,
  sqrt,
  type Tensor,
  tanh,
  tensor,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as optim from '@tikhonov/optim';
import { allLowerings } from '../../src/lower/all.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { fuse } from '../../src/schedule/fuse.ts';
import { placesOf } from '../../src/schedule/places.ts';
import { graphOf } from '../support.ts';

const numbers = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, i) => ((i * 7) % 11) / 4 - 1)).reshape(shape);
};

/** One line per unit: its primitives. */
function unitsOf(f: (...args: never[]) => unknown, ...args: readonly unknown[]): string[] {
  const graph = optimize(graphOf(f, ...args));
  const units = fuse(graph, placesOf(graph), allLowerings, () => false);
  return units.map(({ equations }) => equations.map(({ primitive }) => primitive.name).join(' '));
}

const [x, w, b] = [numbers(12, 5), numbers(5, 8), numbers(8)];

describe('a matrix product takes along', () => {
  test('a bias and what makes an activation of the sum', () => {
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor => relu(x.matmul(w).add(b));
    expect(unitsOf(f, x, w, b)).toEqual(['matmul add lessEqual where']);
    const g = (x: Tensor, w: Tensor, b: Tensor): Tensor => tanh(x.matmul(w).add(b)).mul(2);
    expect(unitsOf(g, x, w, b)).toEqual(['matmul add tanh mul']);
  });

  test('a bias by itself, in front of a softmax', () => {
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      softmax(x.matmul(w).add(b), { axis: -1 });
    const [first, ...others] = unitsOf(f, x, w, b);
    expect(first).toBe('matmul add');
    expect(others).toHaveLength(1);
  });

  test('several results', () => {
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor[] => {
      const sum = x.matmul(w).add(b);
      const squared = sum.mul(sum);
      return [sum, squared, lessEqual(squared, 1)];
    };
    expect(unitsOf(f, x, w, b)).toEqual(['matmul add mul lessEqual']);
  });

  test('a mask that is made beside it', () => {
    const f = (x: Tensor, w: Tensor, u: Tensor): Tensor[] => {
      const kept = less(u, 0.5);
      return [x.matmul(w).mul(kept.astype('float32')), kept];
    };
    expect(unitsOf(f, x, w, numbers(12, 8))).toEqual(['matmul less astype mul']);
  });

  test('what walks over it under another shape', () => {
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      abs(x.matmul(w).reshape([3, 4, 8]).add(b));
    expect(unitsOf(f, x, w, b)).toEqual(['matmul add abs']);
    const g = (x: Tensor, w: Tensor, y: Tensor): Tensor => x.matmul(w).reshape([96]).mul(y);
    expect(unitsOf(g, x, w, numbers(96))).toEqual(['matmul mul']);
  });

  test('what it adds to itself, or to another product', () => {
    const square = numbers(6, 6);
    const f = (x: Tensor, w: Tensor): Tensor => x.matmul(w).add(x);
    expect(unitsOf(f, square, square)).toEqual(['matmul add']);
    const g = (x: Tensor, w: Tensor): Tensor => x.matmul(w).add(w.matmul(w));
    expect(unitsOf(g, square, square)).toEqual(['matmul', 'matmul add']);
  });

  test('all of a network that is elementwise, but no update of Adam', () => {
    const model = nn.mlp([4, 8, 3], { seed: 0, activation: 'tanh' });
    const optimizer = optim.adam(model, { lr: 1e-2 });
    const step = (x: Tensor, y: Tensor): Tensor =>
      optimizer.minimize(() => nn.mse(model.forward(x), y));
    const products = unitsOf(step, numbers(6, 4), numbers(6, 3)).filter((unit) =>
      unit.startsWith('matmul'),
    );
    expect(products[0]).toBe('matmul add tanh mul sub');
    expect(products[1]).toMatch(/^matmul add/);
    expect(products.filter((unit) => unit.includes('axpby'))).toEqual([]);
    expect(products.filter((unit) => unit.includes('mul', 6))).not.toEqual([]);
  });

  test('an update that is short', () => {
    const f = (x: Tensor, g: Tensor, w: Tensor): Tensor => w.sub(x.transpose().matmul(g).mul(0.1));
    expect(unitsOf(f, x, numbers(12, 8), w)).toEqual(['matmul mul sub']);
  });
});

describe('a matrix product leaves alone', () => {
  test('reductions, and what waits for them', () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.sub(y.sum({ axis: 1, keepdims: true }));
    };
    expect(unitsOf(f, x, w)).toEqual(['matmul', 'sum sub']);
  });

  test('what looks at it in another order, or at parts of it', () => {
    const square = numbers(6, 6);
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.add(y.transpose());
    };
    expect(unitsOf(f, square, square)).toEqual(['matmul', 'add']);
    const g = (x: Tensor, w: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.sub(slice(y, [{ stop: 1 }, null]));
    };
    expect(unitsOf(g, square, square)).toEqual(['matmul', 'sub']);
    const h = (x: Tensor, w: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.mul(flip(y, { axis: 1 }));
    };
    expect(unitsOf(h, square, square)).toEqual(['matmul', 'mul']);
  });

  test('what walks over more than it', () => {
    const f = (x: Tensor, w: Tensor, y: Tensor): Tensor => x.matmul(w).mul(y);
    expect(unitsOf(f, x, w, numbers(3, 12, 8))).toEqual(['matmul', 'mul']);
  });

  test('other dtypes than its own width', () => {
    const f = (x: Tensor, w: Tensor): Tensor => x.matmul(w).astype('float64');
    expect(unitsOf(f, x, w)).toEqual(['matmul', 'astype']);
  });

  test('what would only be written and read elsewhere', () => {
    // Nothing is saved: the sums' row needs what the maps make, and so does the result.
    const f = (x: Tensor, w: Tensor): Tensor => exp(x.matmul(w)).sum({ axis: 1 });
    expect(unitsOf(f, x, w)).toEqual(['matmul', 'exp sum']);
  });

  test('long chains', () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      let y = x.matmul(w);
      for (let k = 0; k < 5; k++) y = sqrt(y.mul(y));
      return y;
    };
    expect(unitsOf(f, x, w)).toEqual(['matmul', new Array(5).fill('mul sqrt').join(' ')]);
  });

  test('what waits for a unit that waits for it', () => {
    const f = (x: Tensor, w: Tensor, v: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.matmul(v).mul(y);
    };
    expect(unitsOf(f, numbers(6, 6), numbers(6, 6), numbers(6, 6))).toEqual([
      'matmul',
      'matmul mul',
    ]);
    const g = (x: Tensor, w: Tensor): Tensor => {
      const y = x.matmul(w);
      return y.mul(cumsum(y, { axis: 0 }));
    };
    expect(unitsOf(g, x, w)).toEqual(['matmul', 'cumsum', 'mul']);
  });
});

describe('an epilogue', () => {
  test('waits for what it uses, though its product could run before', () => {
    const f = (x: Tensor, w: Tensor, z: Tensor): Tensor => {
      const y = x.matmul(w);
      return mul(y, cumsum(z, { axis: 0 }));
    };
    expect(unitsOf(f, x, w, numbers(12, 8))).toEqual(['cumsum', 'matmul mul']);
  });
});
