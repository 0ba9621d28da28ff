import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  grad,
  greater,
  matmul,
  mean,
  mul,
  parameter,
  random,
  relu,
  softmax,
  square,
  sum,
  Tensor,
  TraceError,
  tanh,
  tensor,
  transpose,
  where,
} from '@tikhonov/core';
import { type Evaluator, within } from '@tikhonov/core/engine';
import { thrown } from './support.ts';

interface Recording {
  readonly evaluator: Evaluator;
  readonly names: string[];
  readonly reads: string[];
  readonly writes: string[];
}

/** An evaluator that records what it is asked to run, and knows no values. */
function recording(): Recording {
  const [names, reads, writes]: [string[], string[], string[]] = [[], [], []];
  const evaluator: Evaluator = {
    run: (primitive, _inputs, _attrs, outputs) => {
      names.push(primitive.name);
      return outputs.map(() => ({
        symbolic: true,
        describe: () => `the result of ${primitive.name}`,
      }));
    },
    onRead: (cell) => {
      reads.push(cell.name);
    },
    onWrite: (cell, value) => {
      writes.push(cell.name);
      return value;
    },
  };
  return { evaluator, names, reads, writes };
}

const symbol = (shape: readonly number[], describe: string): Tensor =>
  new Tensor(shape, 'float32', { symbolic: true, describe: () => describe });

describe('a tracing evaluator', () => {
  test('sees every primitive of forward and backward', () => {
    const trace = recording();
    const g = within({ evaluator: trace.evaluator }, () =>
      grad((x: Tensor) => sum(tanh(x)))(symbol([3], 'x')),
    );
    expect(g.shape).toEqual([3]);
    expect(trace.names).toEqual([
      ...['tanh', 'sum', 'reshape'],
      ...['reshape', 'broadcastTo', 'mul', 'broadcastTo', 'sub', 'mul'],
    ]);
  });

  test('traces second derivatives, draws and selections without reading a value', () => {
    const trace = recording();
    const w = parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      { name: 'w' },
    );
    const step = (x: Tensor, key: Tensor): Tensor => {
      const noise = random.normal(key, [2, 2]);
      const penalty = grad((at: Tensor) => mean(square(softmax(relu(matmul(at, transpose(w)))))))(
        x,
      );
      return sum(where(greater(noise, 0), square(penalty), 0));
    };
    const key = new Tensor([2], 'uint32', { symbolic: true, describe: () => 'key' });
    const g = within({ evaluator: trace.evaluator }, () =>
      grad((p: typeof w) => {
        expect(p.name).toBe('w');
        return step(symbol([2, 2], 'x'), key);
      })(w),
    );
    expect(g.shape).toEqual([2, 2]);
    expect(trace.names).toEqual(
      expect.arrayContaining(['matmul', 'randomBits', 'normalFromBits', 'where', 'permute']),
    );
    expect(trace.reads).toContain('w');
  });

  test('reading a value throws a TraceError that says what to do', () => {
    const trace = recording();
    within({ evaluator: trace.evaluator }, () => {
      const y = mul(symbol([2, 2], 'x'), 2);
      for (const read of [
        () => y.data(),
        () => y.toArray(),
        () => sum(y).item(),
        () => y.toJSON(),
      ]) {
        const error = thrown(read);
        expect(error).toBeInstanceOf(TraceError);
        expect(error.message).toContain('are not known while tracing');
        expect(error.message).toContain('where()');
      }
      expect(thrown(() => y.data()).message).toContain('the result of mul');
      expect(String(y)).toBe('Tensor([2, 2] float32, the result of mul)');
    });
  });

  test('cells report reads and writes', () => {
    const trace = recording();
    const count = new Cell(tensor(1), { name: 'count' });
    within({ evaluator: trace.evaluator }, () => count.write(mul(count, 2)));
    expect([trace.reads, trace.writes]).toEqual([['count'], ['count']]);
  });

  test('shape errors are the same as in eager mode', () => {
    const trace = recording();
    const message = (run: () => unknown): string => thrown(run).message;
    const eager = message(() => matmul(tensor([[1, 2]]), tensor([[1, 2]])));
    const traced = within({ evaluator: trace.evaluator }, () =>
      message(() => matmul(symbol([1, 2], 'a'), symbol([1, 2], 'b'))),
    );
    expect(traced).toBe(eager);
  });

  test('a tensor of a trace that is over is refused outside of it', () => {
    const error = thrown(() => mul(symbol([1], 'x'), 2));
    expect(error).toBeInstanceOf(TraceError);
    expect(error.message).toBe(
      'mul: x has no elements outside of its trace.\n' + '  Return it instead of storing it.',
    );
  });

  test('a traced value that can be known is', () => {
    const { view } = tensor([3]);
    const known = { symbolic: true, describe: () => 'x', resolve: () => view } as const;
    const x = new Tensor([1], 'float32', known);
    expect([x.item(), mul(x, 2).item()]).toEqual([3, 6]);
  });
});
