import { describe, expect, test } from '@jest/globals';
import {
  cumsum,
  exp,
  full,
  mul,
  ones,
  parameter,
  random,
  relu,
  type Tensor,
  tensor,
} from '@tikhonov/core';
import * as nn from '@tikhonov/nn';
import * as reg from '@tikhonov/regularizers';
import { type ExportOnnxOptions, exportOnnx, OnnxExportError, onnxLayer } from '../src/index.ts';
import { parseModel } from './parse-model.ts';

const linear = new nn.Linear(2, 3, { seed: 0 });
const inputShape = ['batch', 2];

class Scale extends nn.Module {
  gain = parameter(tensor([2, 3]));
  forward(x: Tensor): Tensor {
    return mul(x, this.gain);
  }
}

class MyLinear extends nn.Linear {
  override forward(x: Tensor): Tensor {
    return mul(super.forward(x), 2);
  }
}

const write =
  (model: unknown, options: object = { inputShape }) =>
  (): Uint8Array =>
    exportOnnx(model as nn.Module, options as ExportOnnxOptions);

describe('layers without an exporter', () => {
  test('are named with their path and class, and with what to pass', () => {
    const model = new nn.Sequential(linear, new nn.Residual(new Scale()));
    expect(write(model)).toThrow(OnnxExportError);
    expect(write(new nn.Sequential(new nn.Residual(new Scale())))).toThrow(
      'exportOnnx: "0.body" (Scale): there is no exporter for this class.\n' +
        '  Pass one: { exporters: [onnxLayer(Scale, (layer, x, scope) => scope.trace((t) => layer.forward(t), x))] }, or write it with scope.op.',
    );
    expect(write(new Scale())).toThrow('exportOnnx: the model (Scale): there is no exporter');
  });

  test('are nothing where they hand their input on, and only there', () => {
    class Tagged extends nn.Dropout {}
    class Late extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.shape[0]! > 100 ? x : mul(x, 2);
      }
    }
    class Refusing extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.data().length > 0 ? x : x;
      }
    }
    const tagged = parseModel(write(new nn.Sequential(new Tagged()))());
    expect(tagged.nodes.map(({ op }) => op)).toEqual(['Identity']);
    expect(write(new Late())).toThrow('exportOnnx: the model (Late): there is no exporter');
    expect(write(new Refusing())).toThrow('exportOnnx: the model (Refusing): there is no exporter');
  });

  test('are what their class says that they are in evaluation, not what a parent does', () => {
    class Noisy extends nn.Module {
      inner = new Scale();
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
      inEvaluation(): nn.LayerLike {
        return (x) => this.forward(x);
      }
    }
    class Twice extends Noisy {
      override forward(x: Tensor): Tensor {
        return super.forward(super.forward(x));
      }
    }
    const model = parseModel(write(new Noisy())());
    expect(model.nodes.map(({ op, inputs }) => [op, inputs])).toEqual([
      ['Mul', ['input', 'inner.gain']],
    ]);
    expect(write(new Twice())).toThrow('exportOnnx: the model (Twice): there is no exporter');
    const wrapped = new Noisy();
    nn.wrapForward(wrapped, (forward, x) => forward(x));
    expect(write(wrapped)).toThrow('exportOnnx: the model (Noisy): its forward was replaced.');
  });

  test('that draw or sort in evaluation have no form of their own', () => {
    const options = { inference: 'gaussian', activation: relu } as const;
    const drawing = new reg.DropConnect(new nn.Linear(2, 2, { seed: 0 }), options);
    expect(write(drawing)).toThrow(
      "exportOnnx: the model (DropConnect): in evaluation its inference 'gaussian' draws, for which there is no plain layer.\n" +
        "  Export a layer with inference: 'mean', a Linear",
    );
    const pool = new reg.MaxPoolDropout({ kernelSize: 2 });
    expect(write(pool, { inputShape: ['batch', 1, 4, 4] })).toThrow(
      "exportOnnx: the model (MaxPoolDropout): in evaluation its mode 'weighted' sorts windows, for which there is no plain layer.\n" +
        "  Export a layer with mode: 'scaled', which is (1 - p) times the maximum, or with mode: 'max'",
    );
    const zoneout = new reg.Zoneout(new nn.LSTM(2, 3, { seed: 0 }), { hidden: 0.1 });
    const steps = { inputShape: [4, 'batch', 2] } as const;
    expect(write(zoneout, steps)).toThrow(
      'exportOnnx: the model (Zoneout): in evaluation it mixes the states of two steps, for which there is no plain layer.\n' +
        '  Export the plain recurrent layer in it, its field layer',
    );
    expect(write(zoneout.layer, steps)).not.toThrow();
    const off = new reg.Zoneout(zoneout.layer, { hidden: 0, cell: 0 });
    expect(write(off, steps)().length).toBeGreaterThan(0);
  });

  test('say how to store reparametrized weights', () => {
    const model = nn.weightNorm(new nn.Sequential(new nn.Linear(2, 3, { seed: 0 })));
    expect(write(model)).toThrow(
      'exportOnnx: the model (Sequential): weights in it are computed from others, such as by weightNorm.\n' +
        '  Store what they are now: nn.removeParametrizations(model), then export it.',
    );
    expect(parseModel(write(nn.removeParametrizations(model))()).nodes).toHaveLength(1);
  });

  test('store the weights that are left of those with variational dropout', () => {
    const layer = new reg.VariationalLinear(new nn.Linear(2, 1, { seed: 0, bias: false }));
    layer.weight.write(tensor([[3, 4]]));
    layer.logAlpha.write(tensor([[0, 9]]));
    const { initializers } = parseModel(write(new nn.Sequential(layer))());
    expect(initializers.map(({ name }) => name)).toEqual(['0.weight']);
    expect([...new Float32Array(initializers[0]!.bytes.slice().buffer)]).toEqual([3, 0]);
  });

  test('do not make a model float64 by a rate that is', () => {
    const layer = new reg.Scheduled(reg.linearRamp(0.5, 3), (p) => new nn.Dropout({ p }));
    const model = new nn.Sequential(layer, new nn.Linear(2, 2, { seed: 0 }));
    expect(parseModel(write(model)()).nodes.map(({ op }) => op)).toEqual(['Gemm']);
  });

  test('are not taken for the class that they extend', () => {
    expect(write(new MyLinear(2, 3, { seed: 0 }))).toThrow(
      'exportOnnx: the model (MyLinear): there is no exporter for this class; it extends Linear, but may compute something else.\n' +
        '  Pass one: { exporters: [onnxLayer(MyLinear, (layer, x, scope) => scope.as(Linear, layer, x))] }',
    );
    const patched = new nn.Linear(2, 3, { seed: 0 });
    patched.forward = (x) => x;
    expect(write(patched)).toThrow('exportOnnx: the model (Linear): its forward was replaced.');
  });

  test('are written as the options say', () => {
    const traced = onnxLayer(Scale, (layer, x, scope) => scope.trace((t) => layer.forward(t), x));
    const model = parseModel(exportOnnx(new Scale(), { inputShape, exporters: [traced] }));
    expect(model.nodes.map(({ op, inputs }) => [op, inputs])).toEqual([['Mul', ['input', 'gain']]]);
    const inherited = onnxLayer(MyLinear, (layer, x, scope) => {
      const y = scope.as(nn.Linear, layer, x);
      return scope.op('Mul', [y, scope.number(2)]);
    });
    const doubled = parseModel(
      exportOnnx(new MyLinear(2, 3, { seed: 0 }), { inputShape, exporters: [inherited] }),
    );
    expect(doubled.nodes.map(({ op }) => op)).toEqual(['Gemm', 'Mul']);
    const other = onnxLayer(nn.ReLU, (_layer, x, scope) => scope.op('Abs', [x]));
    const swapped = parseModel(exportOnnx(new nn.ReLU(), { inputShape, exporters: [other] }));
    expect(swapped.nodes.map(({ op }) => op)).toEqual(['Abs']);
  });

  test('need a class and a function', () => {
    expect(() => onnxLayer({} as typeof Scale, (_layer, x) => x)).toThrow(
      'onnxLayer: needs a class that extends Module and a function, got object and function.',
    );
  });

  test('cannot be written as a class that nothing is known of', () => {
    const exporter = onnxLayer(Scale, (layer, x, scope) => scope.as(Scale, layer, x));
    const endless = onnxLayer(MyLinear, (_layer, x, scope) => scope.as(Scale, new Scale(), x));
    expect(exporter.layerClass).toBe(Scale);
    expect(write(new MyLinear(2, 2, { seed: 0 }), { inputShape, exporters: [endless] })).toThrow(
      'exportOnnx: the model (MyLinear): there is no exporter for Scale.',
    );
  });
});

describe('what a file cannot say', () => {
  test('functions of operations that are not written', () => {
    expect(write(new nn.Sequential(linear, (x: Tensor) => cumsum(x, { axis: 1 })))).toThrow(
      'exportOnnx: "1" (a function): the function runs cumsum, which is not written as ONNX.\n  Make it a Module of its own',
    );
  });

  test('constants and slices that depend on the batch', () => {
    expect(
      write(new nn.Sequential((x: Tensor) => mul(x, random.normal(random.key(0), x.shape)))),
    ).toThrow(
      'exportOnnx: "0" (a function): the function makes a constant that depends on the sizes of dynamic axes.\n  Give those axes fixed sizes in inputShape.',
    );
    const fixed = { inputShape: [4, 2] };
    const model = new nn.Sequential((x: Tensor) => mul(x, random.normal(random.key(0), x.shape)));
    expect(parseModel(write(model, fixed)()).nodes.map(({ op }) => op)).toEqual(['Mul']);
  });

  test('functions that do something else for another batch', () => {
    const model = new nn.Sequential((x: Tensor) => (x.shape[0]! > 150 ? exp(x) : mul(x, 2)));
    expect(write(model)).toThrow(
      'exportOnnx: "0" (a function): the function runs other operations when the sizes of dynamic axes are others.',
    );
  });

  test('sizes that depend on two dynamic axes in new ways', () => {
    const model = new nn.Sequential((x: Tensor) => x.reshape([x.shape[1]! * 2, x.shape[0]! / 2]));
    expect(write(model, { inputShape: ['a', 'b'] })).toThrow(
      'exportOnnx: "0" (a function): it gives sizes to more than one axis that depend on dynamic axes in new ways.',
    );
  });

  test('pools whose windows depend on a size that varies', () => {
    expect(write(new nn.AdaptiveAvgPool1d(3), { inputShape: ['batch', 2, null] })).toThrow(
      'exportOnnx: the model (AdaptiveAvgPool1d): its bins depend on a spatial size that varies.\n  Give the spatial axes fixed sizes in inputShape, or pool to size 1.',
    );
    const rounded = new nn.MaxPool1d(2, { ceilMode: true });
    expect(write(rounded, { inputShape: ['batch', 2, null] })).toThrow(
      'exportOnnx: the model (MaxPool1d): ceilMode pads by an amount that depends on sizes that vary.',
    );
  });

  test('statistics of the batch', () => {
    const model = new nn.Sequential(new nn.BatchNorm1d(2, { trackRunningStats: false }));
    expect(write(model)).toThrow(
      'exportOnnx: "0" (BatchNorm1d): without running statistics it normalises by those of the batch, also in evaluation.\n  Build it with trackRunningStats,',
    );
  });

  test('cells that are not part of the model', () => {
    const gain = parameter(ones([2]));
    const scale = onnxLayer(Scale, (_layer, x, scope) =>
      scope.op('Mul', [x, scope.parameter(gain)]),
    );
    expect(write(new Scale(), { inputShape, exporters: [scale] })).toThrow(
      'exportOnnx: the model (Scale): it uses a cell that is not part of the model.\n  Keep it in a property of the model',
    );
  });

  test('numbers that float32 does not hold', () => {
    const wide = new nn.Linear(2, 1, { seed: 0, dtype: 'float64', bias: false });
    wide.weight.write(full([1, 2], 1e300, { dtype: 'float64' }));
    expect(write(wide)).toThrow(
      'exportOnnx: "weight" holds 1e+300, which is too large for float32.\n  Export with { dtype: \'float64\' }.',
    );
  });

  test('isCausal without attention', () => {
    expect(write(linear, { inputShape, isCausal: true })).toThrow(
      'exportOnnx: isCausal is true, but no layer of the model attends to anything.',
    );
  });
});

describe('bad arguments', () => {
  test('an input that the model refuses', () => {
    expect(write(new nn.Sequential(linear), { inputShape: ['batch', 5] })).toThrow(
      'exportOnnx: the model (Sequential) refuses float32 input of shape [120 for a dynamic axis, 5].\n  Linear(2 -> 3): the last axis of x must be 2',
    );
    expect(write(new nn.Embedding(4, 2, { seed: 0 }))).toThrow(
      "exportOnnx: the model (Embedding) refuses float32 input of shape [120 for a dynamic axis, 2].\n  embedding: indices must be int32 or uint32, got float32.\n  Cast with astype('int32').\n  If the input holds indices, pass { inputDtype: 'int32' } to exportOnnx.",
    );
  });

  test('no model', () => {
    expect(write(null)).toThrow('exportOnnx: needs a Module with forward(x), got null.');
    class Empty extends nn.Module {}
    expect(write(new Empty())).toThrow(
      'needs a Module with forward(x), got a Empty without forward.',
    );
  });

  test.each<[object, string]>([
    [
      {},
      'exportOnnx: inputShape must hold sizes >= 1, names of dynamic axes or null, got undefined.',
    ],
    [{ inputShape: [0, 2] }, 'got [0, 2].\n  For example'],
    [{ inputShape: ['', 2] }, "got ['', 2]."],
    [{ inputShape, opset: 16 }, 'exportOnnx: opset must be an integer from 17 to 21, got 16.'],
    [{ inputShape, opset: '17.0' }, "got '17.0'."],
    [
      { inputShape, dtype: 'int32' },
      "exportOnnx: dtype must be 'float32' or 'float64', got 'int32'.",
    ],
    [
      { inputShape, inputDtype: 'float64' },
      "exportOnnx: inputDtype must be 'int32' or the file's dtype 'float32', got 'float64'.",
    ],
    [
      { inputShape, inputName: 'x', outputName: 'x' },
      "exportOnnx: inputName and outputName must differ and not be empty, got 'x' and 'x'.",
    ],
    [{ inputShape, input: 'x' }, 'exportOnnx: unknown option "input".'],
    [
      { inputShape, exporters: [linear] },
      'exportOnnx: exporters must be an array of what onnxLayer returns',
    ],
    [
      { inputShape, exporters: linear },
      'exportOnnx: exporters must be an array of what onnxLayer returns',
    ],
  ])('%j', (options, message) => {
    expect(write(linear, options)).toThrow(message);
  });
});

test('weights that are not finite are refused by name', () => {
  const model = new nn.Linear(2, 3, { seed: 0 });
  model.bias!.write(tensor([0, Number.NaN, 1]));
  expect(write(model)).toThrow(/^exportOnnx: "bias" holds NaN\.\n {2}The training has diverged/);
  model.bias!.write(tensor([0, -Infinity, 1]));
  expect(write(model)).toThrow(OnnxExportError);
});
