import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  exp,
  grad,
  matmul,
  mul,
  noGrad,
  parameter,
  random,
  sum,
  type Tensor,
  TraceError,
  tanh,
  tensor,
} from '@tikhonov/core';
import { graphOf, runTraced, textOf } from '../support.ts';

const x = tensor([1, 2, 3]);

describe('a trace', () => {
  test('lists inputs, constants and equations in order', () => {
    expect(textOf(graphOf((a: Tensor) => sum(exp(a.mul(2))), x))).toBe(
      [
        '%0 = input float32[3]',
        '%1 = constant float32[3]',
        '%2 = mul(%0, %1) float32[3]',
        '%3 = exp(%2) float32[3]',
        '%4 = sum(%3) { axes: [0] } float32[1]',
        '%5 = reshape(%4) { shape: [] } float32[]',
        'return %5',
      ].join('\n'),
    );
  });

  test('turns reads of cells into hidden inputs, and writes into hidden results', () => {
    const count = new Cell(tensor(1), { name: 'count' });
    const graph = graphOf((a: Tensor) => {
      const before = count.read();
      count.write(before.add(a));
      count.write(count.read().mul(2));
      return before;
    }, tensor(5));
    expect(graph.reads.map(({ cell }) => cell.name)).toEqual(['count']);
    expect(graph.writes).toHaveLength(1);
    expect(graph.results[0]).toBe(graph.reads[0]!.value);
    expect(count.read().item()).toBe(1);
  });

  test('of a cell that is written and never read has no hidden input', () => {
    const last = new Cell(tensor(0), { name: 'last' });
    const graph = graphOf((a: Tensor) => last.write(a), tensor(5));
    expect(graph.reads).toEqual([]);
    expect(textOf(graph)).toBe('%0 = input float32[]\nwrite last %0\nreturn');
    expect(last.read().item()).toBe(0);
  });

  test('goes through derivatives with respect to arguments, parameters and by backward()', () => {
    const w = parameter(tensor([[1, 2, 3]]), { name: 'w' });
    const loss = (at: Tensor): Tensor => sum(tanh(matmul(w, at)));
    const names = graphOf((at: Tensor) => grad(loss)(at), x).equations.map(
      ({ primitive }) => primitive.name,
    );
    expect(names).toEqual(expect.arrayContaining(['matmul', 'tanh', 'permute']));
    const stepped = graphOf((at: Tensor) => {
      loss(at).backward();
      w.write(w.read().sub(w.grad!.mul(0.1)));
      w.zeroGrad();
    }, x);
    expect(stepped.reads).toHaveLength(1);
    expect(stepped.writes.map(({ cell }) => cell)).toEqual([w]);
    expect(w.read().requiresGrad).toBe(true);
    expect(w.grad).toBeNull();
  });

  test('computes at once what depends on nothing', () => {
    const graph = graphOf((a: Tensor) => a.add(random.normal(random.key(0), [3])), x);
    expect(graph.equations.map(({ primitive }) => primitive.name)).toEqual(['add']);
    expect(graph.constants).toHaveLength(1);
  });

  test('puts cells back after an error, and says what cannot be traced', () => {
    const count = new Cell(tensor(1), { name: 'count' });
    const reading = (a: Tensor): void => {
      count.write(a);
      a.item();
    };
    expect(() => graphOf(reading, tensor(5))).toThrow(TraceError);
    expect(() => graphOf(reading, tensor(5))).toThrow(
      'compile: The values of the argument 0 of shape [] are not known while tracing',
    );
    expect(count.read().item()).toBe(1);
  });

  test('refuses a tensor of another trace', () => {
    let kept: Tensor | undefined;
    graphOf((a: Tensor) => {
      kept = a;
    }, x);
    expect(() => graphOf((a: Tensor) => a.add(kept!), x)).toThrow(
      'which belongs to another trace.\n  Return it instead of storing it.',
    );
  });

  test('of trees takes and returns trees', () => {
    const graph = graphOf(({ a, b }: { a: Tensor; b: Tensor[] }) => ({ s: a.add(b[0]!), n: 1 }), {
      a: x,
      b: [x],
    });
    expect(graph.inputs).toHaveLength(2);
    expect(graph.results).toHaveLength(1);
  });

  test('of steps that accumulate gradients depends on whether there is one already', () => {
    const w = parameter(tensor([1, 2]), { name: 'w' });
    const step = (a: Tensor): void => sum(mul(mul(w, w), a)).backward();
    const first = graphOf(step, tensor([1, 1]));
    expect(first.grads).toEqual([{ parameter: w, before: false, after: true }]);
    expect(first.reads.map(({ cell }) => cell)).toEqual([w]);
    expect(textOf(first)).toContain('write w.grad');
    expect(textOf(first)).toContain('set gradient of w');
    expect([w.hasGrad, w.gradCell.read().toArray()]).toEqual([false, [0, 0]]);
    runTraced(step, tensor([1, 1]));
    expect(w.grad?.toArray()).toEqual([2, 4]);
    const second = graphOf(step, tensor([1, 1]));
    expect(second.grads).toEqual([{ parameter: w, before: true, after: true }]);
    expect(second.reads.map(({ cell }) => cell)).toEqual([w, w.gradCell]);
    runTraced(step, tensor([1, 10]));
    expect(w.grad?.toArray()).toEqual([4, 44]);
    const clearing = (a: Tensor): Tensor => {
      const before = w.grad!;
      w.zeroGrad();
      step(a);
      const after = w.grad!;
      w.zeroGrad();
      return before.add(after);
    };
    const graph = graphOf(clearing, tensor([1, 1]));
    expect(graph.grads).toEqual([{ parameter: w, before: true, after: false }]);
    expect(graph.writes).toEqual([]);
    expect(textOf(graph)).toContain('forget gradient of w');
    expect([w.hasGrad, w.grad?.toArray()]).toEqual([true, [4, 44]]);
    expect(runTraced(clearing, tensor([1, 1]))[0]!.toArray()).toEqual([6, 48]);
    expect(w.grad).toBeNull();
  });

  test('puts the presence of gradients back after an error', () => {
    const w = parameter(tensor([1]), { name: 'w' });
    const reading = (a: Tensor): void => {
      sum(mul(w, a)).backward();
      a.item();
    };
    expect(() => graphOf(reading, tensor([5]))).toThrow(TraceError);
    expect(w.grad).toBeNull();
  });

  test('records derivatives if the call around it does', () => {
    const w = parameter(tensor([1]), { name: 'w' });
    const tracked: boolean[] = [];
    const f = (a: Tensor): Tensor => {
      const y = mul(w, a);
      tracked.push(y.requiresGrad);
      return grad((b: Tensor) => sum(mul(w, b)))(a);
    };
    graphOf(f, x);
    noGrad(() => graphOf(f, x));
    expect(tracked).toEqual([true, false]);
  });
});
