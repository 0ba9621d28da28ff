import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { relu, type Tensor } from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import { exportOnnx, onnxLayer } from '../src/index.ts';
import { bytesOf, groups } from './cases.ts';
import { type ParsedModel, parseModel } from './parse-model.ts';

const bytesPerElement: Readonly<Record<number, number>> = { 1: 4, 6: 4, 7: 8, 9: 1, 11: 8, 12: 4 };
const float32 = 1;
const float64 = 11;

/** All that the format asks of a graph without subgraphs. */
function expectSound(model: ParsedModel): void {
  const outputs = model.nodes.flatMap((node) => node.outputs);
  const stored = model.initializers.map(({ name }) => name);
  const inputs = model.inputs.map(({ name }) => name);
  const names = [...inputs, ...stored, ...outputs];
  expect(new Set(names).size).toBe(names.length);
  const nodeNames = model.nodes.map(({ name }) => name);
  expect(new Set(nodeNames).size).toBe(nodeNames.length);
  expect(names).not.toContain('');
  const defined = new Set([...inputs, ...stored]);
  for (const node of model.nodes) {
    for (const name of node.inputs) if (name !== '') expect(defined).toContain(name);
    for (const name of node.outputs) defined.add(name);
    expect(Object.values(node.attributes)).not.toContain(undefined);
  }
  for (const { name } of model.outputs) expect(outputs).toContain(name);
  for (const { dims, type, bytes } of model.initializers) {
    expect(bytes.length).toBe(dims.reduce((product, n) => product * n, bytesPerElement[type]!));
  }
}

describe('every file is sound: unique names, inputs defined before they are used', () => {
  for (const [group, cases] of Object.entries(groups)) {
    test.each(cases.map((c) => [c.name, c] as const))(`${group}: %s`, (_name, c) => {
      for (const opset of [17, 18, 20]) {
        const model = parseModel(bytesOf(c, opset));
        expect(model.opsets).toEqual([opset]);
        expectSound(model);
      }
    });
  }
});

// Parts of layers, which are exported after nn.removeParametrizations.
const parts: readonly unknown[] = [nn.Parametrization, nn.ParametrizedTensor];

test('every layer of nn is in a case', () => {
  const used = new Set(
    Object.values(groups).flatMap((cases) =>
      cases.flatMap(({ model }) => model.modules().map((part) => part.constructor)),
    ),
  );
  const missing = Object.entries(nn).filter(
    ([, item]) =>
      typeof item === 'function' &&
      item.prototype instanceof nn.Module &&
      !used.has(item) &&
      !parts.includes(item),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});

describe('a file', () => {
  const network = new nn.Sequential(
    new nn.Conv2d(1, 2, 3, { seed: 0 }),
    new nn.BatchNorm2d(2),
    relu,
    new nn.Flatten(),
    new nn.Linear(8, 3, { seed: 1 }),
  );
  const model = parseModel(exportOnnx(network, { inputShape: ['batch', 1, 4, 4] }));

  test('says what made it, for which operators', () => {
    const manifest = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(model.producer).toEqual(['tikhonov', manifest.version]);
    expect([model.irVersion, model.opsets, model.graph]).toEqual([8, [17], 'Sequential']);
  });

  test('has one node for each layer that ONNX has', () => {
    expect(model.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['0/Conv', 'Conv'],
      ['1/BatchNormalization', 'BatchNormalization'],
      ['2/Relu', 'Relu'],
      ['3/Flatten', 'Flatten'],
      ['4/Gemm', 'Gemm'],
    ]);
    expect(model.nodes[0]!.attributes).toEqual({
      kernel_shape: [3, 3],
      strides: [1, 1],
      dilations: [1, 1],
      group: 1,
      pads: [0, 0, 0, 0],
    });
    expect(model.nodes[1]!.attributes.epsilon).toBeCloseTo(1e-5, 10);
  });

  test('stores parameters and statistics under their names in stateDict, value for value', () => {
    const state = network.stateDict();
    expect(model.initializers.map(({ name }) => name)).toEqual(
      Object.keys(state).filter((name) => !name.endsWith('num_batches_tracked')),
    );
    for (const { name, dims, type, bytes } of model.initializers) {
      expect([dims, type]).toEqual([state[name]!.shape, float32]);
      expect(new Float32Array(bytes.buffer)).toEqual(state[name]!.data());
    }
  });

  test('has dynamic axes by name, through to the output', () => {
    expect(model.inputs).toEqual([{ name: 'input', type: float32, dims: ['batch', 1, 4, 4] }]);
    expect(model.outputs).toEqual([{ name: 'output', type: float32, dims: ['batch', 3] }]);
  });

  test('may name everything otherwise', () => {
    const other = parseModel(
      exportOnnx(nn.mlp([2, 1], { seed: 0 }), {
        inputShape: [null, 2],
        name: 'net',
        inputName: 'x',
        outputName: 'y',
      }),
    );
    expect(other.graph).toBe('net');
    expect(other.inputs[0]).toEqual({ name: 'x', type: float32, dims: [null, 2] });
    expect(other.outputs[0]).toEqual({ name: 'y', type: float32, dims: [null, 1] });
    expect(other.nodes.at(-1)!.outputs).toEqual(['y']);
  });

  test('holds tied weights once, and layers that are used twice as two nodes', () => {
    const layer = new nn.Linear(2, 2, { seed: 0 });
    const twice = parseModel(
      exportOnnx(new nn.Sequential(layer, relu, layer), { inputShape: ['batch', 2] }),
    );
    expect(twice.initializers.map(({ name }) => name)).toEqual(['0.weight', '0.bias']);
    expect(twice.nodes.map(({ name }) => name)).toEqual(['0/Gemm', '1/Relu', '2/Gemm']);
  });

  test('keeps float64 if told so, and rounds to float32 if not', () => {
    const wide = nn.mlp([2, 1], { seed: 0, dtype: 'float64' });
    const weight = wide.stateDict()['layers.0.weight']!.data();
    const double = parseModel(exportOnnx(wide, { inputShape: ['batch', 2], dtype: 'float64' }));
    expect(double.inputs[0]!.type).toBe(float64);
    expect(new Float64Array(double.initializers[0]!.bytes.buffer)).toEqual(weight);
    const single = parseModel(exportOnnx(wide, { inputShape: ['batch', 2] }));
    expect(single.outputs[0]!.type).toBe(float32);
    expect(new Float32Array(single.initializers[0]!.bytes.buffer)).toEqual(
      Float32Array.from(weight),
    );
  });

  test('stores parameters of a recorded function under their names', () => {
    const cell = new nn.RNNCell(2, 3, { seed: 0 });
    const stored = parseModel(exportOnnx(cell, { inputShape: ['batch', 2] })).initializers;
    expect(stored.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']),
    );
  });

  test('tells cells apart that begin with the same value', () => {
    class Affine extends nn.Module {
      norm = new nn.BatchNorm1d(2);
      forward(x: Tensor): Tensor {
        return this.norm.forward(x);
      }
    }
    const traced = onnxLayer(Affine, (layer, x, scope) => scope.trace((t) => layer.forward(t), x));
    const options = { inputShape: ['batch', 2], exporters: [traced] };
    const stored = parseModel(exportOnnx(new Affine(), options)).initializers;
    expect(stored.map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        ['weight', 'bias', 'running_mean', 'running_var'].map((name) => `norm.${name}`),
      ),
    );
  });

  test('leaves the model as it was', () => {
    const before = JSON.stringify(network.stateDict());
    exportOnnx(network, { inputShape: ['batch', 1, 4, 4] });
    expect(JSON.stringify(network.stateDict())).toBe(before);
    expect(network.parameters().every((cell) => !('symbolic' in cell.read().payload))).toBe(true);
  });
});

test('a function that is known is one node, another one the operations that it runs', () => {
  const ops = (f: (x: Tensor) => Tensor): readonly string[] =>
    parseModel(exportOnnx(new nn.Sequential(f), { inputShape: ['batch', 2] })).nodes.map(
      ({ op }) => op,
    );
  expect(ops(relu)).toEqual(['Relu']);
  expect(ops((x) => x.mul(2).add(1))).toEqual(['Mul', 'Add']);
  expect(ops((x) => x)).toEqual(['Identity']);
});
