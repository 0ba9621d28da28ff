import { describe, expect, test } from '@jest/globals';
import { Cell, type Tensor, tensor } from '@tikhonov/core';
import { BatchNorm1d, Dropout, Linear, Module, mlp, Sequential, summary } from '../src/index.ts';

describe('summary', () => {
  const model = new Sequential(
    new Linear(300, 40, { seed: 0 }),
    new BatchNorm1d(40),
    new Dropout({ p: new Cell(tensor(0.5, { dtype: 'float64' })) }),
    new Linear(40, 3, { seed: 1, dtype: 'float64' }),
  );

  test('prints a table with totals', () => {
    expect(`${summary(model)}`).toBe(
      [
        'name                   layer        shape      dtype     count  trainable',
        '-------------------------------------------------------------------------',
        '0.weight               Linear       [40, 300]  float32  12,000  yes',
        '0.bias                 Linear       [40]       float32      40  yes',
        '1.weight               BatchNorm1d  [40]       float32      40  yes',
        '1.bias                 BatchNorm1d  [40]       float32      40  yes',
        '1.running_mean         BatchNorm1d  [40]       float32      40  no',
        '1.running_var          BatchNorm1d  [40]       float32      40  no',
        '1.num_batches_tracked  BatchNorm1d  []         int32         1  no',
        '2.p                    Dropout      []         float64       1  no',
        '3.weight               Linear       [3, 40]    float64     120  yes',
        '3.bias                 Linear       [3]        float64       3  yes',
        '-------------------------------------------------------------------------',
        'Sequential: 12,243 trainable parameters, 82 in buffers, 49.8 kB',
      ].join('\n'),
    );
  });

  test('has the same as fields', () => {
    const { rows, parameters, buffers, bytes, model: name } = summary(model);
    expect({ name, parameters, buffers, bytes }).toEqual({
      name: 'Sequential',
      parameters: 12_243,
      buffers: 82,
      bytes: 4 * (12_120 + 80 + 1) + 8 * (1 + 123),
    });
    expect(rows[4]).toEqual({
      name: '1.running_mean',
      layer: 'BatchNorm1d',
      shape: [40],
      dtype: 'float32',
      count: 40,
      trainable: false,
    });
    expect(rows.map((row) => row.name)).toEqual(Object.keys(model.stateDict()));
  });

  test('is what the console prints', () => {
    const made = summary(mlp([2, 1], { seed: 0 }));
    const print: unknown = Reflect.get(made, Symbol.for('nodejs.util.inspect.custom'));
    expect((print as () => string)()).toBe(String(made));
  });

  test('a model without cells has an empty table', () => {
    expect(String(summary(new Sequential()))).toBe(
      [
        'name  layer  shape  dtype  count  trainable',
        '-------------------------------------------',
        '-------------------------------------------',
        'Sequential: 0 trainable parameters, 0 B',
      ].join('\n'),
    );
  });

  test('counts tied weights once', () => {
    class Tied extends Module {
      readonly first: Linear = new Linear(4, 4, { seed: 0, bias: false });
      readonly second: Linear = this.first;
      forward(x: Tensor): Tensor {
        return this.second.forward(this.first.forward(x));
      }
    }
    expect(summary(new Tied()).parameters).toBe(16);
  });

  describe('with groups', () => {
    const net = new Sequential(new Linear(3, 2, { seed: 0 }), new BatchNorm1d(2));
    const matrices = (_name: string, w: Tensor): boolean => w.rank >= 2;

    test('shows of every parameter whether a rule lets it decay', () => {
      expect(String(summary(net, { groups: matrices }))).toBe(
        [
          'name                   layer        shape   dtype    count  trainable  decay',
          '----------------------------------------------------------------------------',
          '0.weight               Linear       [2, 3]  float32      6  yes        yes',
          '0.bias                 Linear       [2]     float32      2  yes        no',
          '1.weight               BatchNorm1d  [2]     float32      2  yes        no',
          '1.bias                 BatchNorm1d  [2]     float32      2  yes        no',
          '1.running_mean         BatchNorm1d  [2]     float32      2  no         -',
          '1.running_var          BatchNorm1d  [2]     float32      2  no         -',
          '1.num_batches_tracked  BatchNorm1d  []      int32        1  no         -',
          '----------------------------------------------------------------------------',
          'Sequential: 12 trainable parameters, 5 in buffers, 68 B',
        ].join('\n'),
      );
    });

    test('asks a rule by name and with the values', () => {
      const seen: string[] = [];
      summary(net, {
        groups: (name, w) => {
          seen.push(`${name} ${w.dtype} ${w.size}`);
          return true;
        },
      });
      expect(seen).toEqual([
        '0.weight float32 6',
        '0.bias float32 2',
        '1.weight float32 2',
        '1.bias float32 2',
      ]);
    });

    test('shows the group of every parameter; what is in none is not trained', () => {
      const groups = { head: ['0.weight'], norms: ['1.bias', '1.weight'] };
      const rows = (given: Parameters<typeof summary>[1]) =>
        summary(net, given).rows.map(({ name, group, decay }) => [name, group, decay]);
      expect(rows({ groups: { groups } }).slice(0, 5)).toEqual([
        ['0.weight', 'head', undefined],
        ['0.bias', undefined, undefined],
        ['1.weight', 'norms', undefined],
        ['1.bias', 'norms', undefined],
        ['1.running_mean', undefined, undefined],
      ]);
      expect(rows({ groups: { groups, decays: (name) => name === '0.weight' } })).toContainEqual([
        '1.bias',
        'norms',
        false,
      ]);
      expect(
        String(summary(net, { groups: { groups } }))
          .split('\n')
          .slice(0, 4),
      ).toEqual([
        'name                   layer        shape   dtype    count  trainable  group',
        '----------------------------------------------------------------------------',
        '0.weight               Linear       [2, 3]  float32      6  yes        head',
        '0.bias                 Linear       [2]     float32      2  yes        -',
      ]);
    });

    test('refuses groups of another model, and what are none', () => {
      expect(() => summary(net, { groups: { groups: { head: ['w', '0.bias'] } } })).toThrow(
        new TypeError(
          'summary: the groups have "w", which the model does not.\n  Make the optimizer of the model itself: grouped(model, ...).',
        ),
      );
      expect(() => summary(net, { groups: { groups: { head: ['1.running_mean'] } } })).toThrow(
        'summary: the groups have "1.running_mean"',
      );
      expect(() => summary(net, { groups: {} as never })).toThrow(
        'summary: groups must be an optimizer with groups or a rule, got object.',
      );
      expect(() => summary(net, { group: matrices } as never)).toThrow(TypeError);
    });
  });

  test('refuses what is not a module', () => {
    expect(() => summary(((x: Tensor) => x) as never)).toThrow(
      new TypeError(
        'summary: needs a Module, got function.\n  Functions of a tensor have no parameters to list.',
      ),
    );
    expect(() => summary(null as never)).toThrow('summary: needs a Module, got null.');
  });
});
