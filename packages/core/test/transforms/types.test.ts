import { describe, expect, test } from '@jest/globals';
import {
  type Cell,
  checkpoint,
  customGradient,
  floor,
  grad,
  hessian,
  jacobian,
  mapTree,
  type Parameter,
  parameter,
  sum,
  type Tensor,
  type Tree,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
} from '../../src/index.ts';

// What compiles is half of each test: `tsc` checks this file.

interface Layer {
  readonly k: Tensor;
}
interface Weights {
  readonly w: Tensor;
  readonly layers: Layer[];
}
const weights: Weights = { w: tensor([1, 2]), layers: [{ k: tensor(3) }] };
const loss = (p: Weights): Tensor => p.w.mul(p.w).sum().mul(p.layers[0]!.k);

describe('interfaces are trees', () => {
  test('for grad, valueAndGrad, vjp, hessian and vmap', () => {
    const slopes = grad(loss)(weights);
    expect(slopes.w.toArray<number[]>()).toEqual([6, 12]);
    expect(slopes.layers[0]!.k.item()).toBe(5);
    expect(valueAndGrad(loss)(weights)[0].item()).toBe(15);
    const [, pullback] = vjp(loss, [weights]);
    expect(pullback(tensor(2))[0].w.toArray()).toEqual([12, 24]);
    expect(hessian(loss)(weights).w.layers[0]!.k.toArray()).toEqual([2, 4]);
    const each = vmap((p: Layer) => p.k.mul(2));
    expect(each({ k: tensor([1, 2]) }).toArray()).toEqual([2, 4]);
  });

  test('and numbers are not', () => {
    // @ts-expect-error a number is no tree of tensors
    expect(() => grad((x: number) => tensor(x))(3)).toThrow('grad: found number');
    // @ts-expect-error nor is a record of them
    expect(() => grad((x: { a: number }) => tensor(x.a))({ a: 3 })).toThrow('at "a"');
  });
});

describe('parameters of functions are inferred', () => {
  test('in vmap, checkpoint, customGradient, grad and jacobian', () => {
    const x = tensor([0.2, 1.7]);
    expect(vmap((a) => a.mul(2))(x).shape).toEqual([2]);
    expect(vmap((a, b) => a.mul(b))(x, x).shape).toEqual([2]);
    expect(checkpoint((a) => a.mul(2))(x).shape).toEqual([2]);
    const straight = customGradient((a) => ({ value: floor(a.add(0.5)), pullback: (g) => [g] }));
    expect(grad((a) => straight(a).sum())(x).toArray()).toEqual([1, 1]);
    expect(jacobian((a) => a.mul(a))(tensor(3)).item()).toBe(6);
  });
});

describe('a function that reads its cells itself', () => {
  const w = parameter(tensor([1, 2]), { name: 'w' });
  const named: Readonly<Record<string, Parameter>> = { w };

  test('is differentiated with respect to those that are given', () => {
    expect(grad(() => sum(w.mul(w)))({ w }).w.toArray()).toEqual([2, 4]);
    const [value, slopes] = valueAndGrad(() => sum(w.mul(w)), { unreached: 'error' })(named);
    expect(value.item()).toBe(5);
    expect(slopes.w!.toArray()).toEqual([2, 4]);
  });

  test('mapTree gives leaves of their own type', () => {
    expect(mapTree(named, (p) => p.read().neg()).w!.toArray()).toEqual([-1, -2]);
    expect(mapTree({ a: [tensor(1)] }, (x) => x.mul(2)).a[0]!.item()).toBe(2);
    const cells: Tree<Cell> = [w];
    const tensors: Tree<Tensor> = [tensor(1)];
    expect(mapTree(cells, (cell) => cell.read())).toHaveLength(1);
    expect(mapTree(tensors, (x) => x.neg())).toHaveLength(1);
    expect(mapTree(weights, (x) => x.neg()).layers[0]!.k.item()).toBe(-3);
  });
});
