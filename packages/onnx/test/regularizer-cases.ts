import { full, mul, relu, tanh, tensor } from '@tikhonov/core';
import * as random from '@tikhonov/core/random';
import * as nn from '@tikhonov/nn';
import * as reg from '@tikhonov/regularizers';
import type { Case } from './cases.ts';

const linear = (inputs: number, outputs: number, seed = 0): nn.Linear =>
  new nn.Linear(inputs, outputs, { seed, biasInit: nn.init.normal });
const ramp = reg.linearRamp(0.5, 3);
const scheduled = (make: (p: nn.Strength) => nn.Module & nn.Layer): nn.Module & nn.Layer => {
  const layer = new reg.Scheduled(ramp, make);
  layer.rate.write(tensor(0.25, { dtype: 'float64' }));
  return layer;
};
/** Half of the weights are noise that evaluation leaves out. */
function halfPruned<Layer extends reg.VariationalLayer>(layer: Layer): Layer {
  const { shape } = layer.logAlpha;
  layer.logAlpha.write(mul(random.normal(random.key(3), shape), 50));
  return layer;
}

const maps: Record<string, nn.Module & nn.Layer> = {
  SpatialDropout: new reg.SpatialDropout({ dims: 2 }),
  DropBlock: new reg.DropBlock(),
  'Scheduled DropBlock': scheduled((p) => new reg.DropBlock({ p, blockSize: 3 })),
  'Scheduled SpatialDropout': scheduled((p) => new reg.SpatialDropout({ dims: 2, p })),
  'Scheduled MaxDrop': scheduled((p) => new reg.MaxDrop({ p })),
  'Scheduled MaxDropout': scheduled((p) => new reg.MaxDropout({ p })),
  WeightedChannelDropout: new reg.WeightedChannelDropout(),
  MaxDrop: new reg.MaxDrop(),
  MaxDropout: new reg.MaxDropout(),
  Cutout: new reg.Cutout({ size: 2 }),
  'MaxPoolDropout, max': new reg.MaxPoolDropout({
    kernelSize: 3,
    stride: 2,
    padding: 1,
    mode: 'max',
  }),
  'MaxPoolDropout, scaled': new reg.MaxPoolDropout({ kernelSize: 2, p: 0.3, mode: 'scaled' }),
  'ConcreteDropout of a convolution': new reg.ConcreteDropout(new nn.Conv2d(2, 3, 3, { seed: 0 })),
  VariationalConv2d: halfPruned(
    new reg.VariationalConv2d(new nn.Conv2d(2, 4, 3, { seed: 0, groups: 2, stride: 2 })),
  ),
  'StochasticDepth of a convolution': new reg.StochasticDepth(
    new nn.Sequential(new nn.Conv2d(2, 3, 3, { seed: 0, padding: 1 }), new nn.BatchNorm2d(3)),
    { survival: 0.3, projection: new nn.Conv2d(2, 3, 1, { seed: 1 }), activation: relu },
  ),
};

const units: Record<string, nn.Module & nn.Layer> = {
  AlphaDropout: new reg.AlphaDropout(),
  FeatureAlphaDropout: new reg.FeatureAlphaDropout(),
  GaussianDropout: new reg.GaussianDropout(),
  GaussianNoise: new reg.GaussianNoise(),
  StochasticDropout: new reg.StochasticDropout(),
  DropPath: new reg.DropPath({ p: 0.2 }),
  LockedDropout: new reg.LockedDropout(),
  'Scheduled AlphaDropout': scheduled((p) => new reg.AlphaDropout({ p })),
  'Scheduled GaussianDropout': scheduled((p) => new reg.GaussianDropout({ p })),
  'Scheduled GaussianNoise': scheduled((std) => new reg.GaussianNoise({ std })),
  'Scheduled DropPath': scheduled((p) => new reg.DropPath({ p })),
  'Scheduled LockedDropout': scheduled((p) => new reg.LockedDropout({ p })),
  'Scheduled Dropout': scheduled((p) => new nn.Dropout({ p })),
  'Scheduled classic Dropout': scheduled((p) => new nn.Dropout({ p, mode: 'classic' })),
  'Scheduled StochasticDepth': scheduled(
    (survival) => new reg.StochasticDepth(linear(4, 4), { survival }),
  ),
  DropConnect: new reg.DropConnect(linear(4, 3)),
  'DropConnect with its activation': new reg.DropConnect(linear(4, 3), { activation: tanh }),
  Standout: new reg.Standout(linear(4, 3)),
  'Standout of tied weights': new reg.Standout(linear(4, 3), { tie: 'weights', beta: 0.3 }),
  'Standout with weights of its own': new reg.Standout(linear(4, 3), {
    beliefWeights: full([3, 4], 0.2),
    activation: 'tanh',
  }),
  ConcreteDropout: new reg.ConcreteDropout(linear(4, 3)),
  VariationalLinear: halfPruned(new reg.VariationalLinear(linear(4, 3))),
  'StochasticDepth of a function': new reg.StochasticDepth(tanh, { survival: tensor(0.25) }),
  'StochasticDepth that never survives': new reg.StochasticDepth(linear(4, 4), { survival: 0 }),
  'StochasticDepth that keeps': new reg.StochasticDepth(linear(4, 4), { scale: 'keep' }),
  ShakeShake: new nn.Residual(new reg.ShakeShake(linear(4, 4), linear(4, 4, 1))),
};

/** A network with a method wherever one may stand. */
const network = nn.smallResNet({
  inputShape: [1, 6, 6],
  classes: 3,
  channels: [2, 4],
  blocks: 1,
  seed: 0,
  change: (part, { kind, spatial }) => {
    if (part instanceof nn.Residual) {
      const { body, projection } = part;
      return new reg.StochasticDepth(body, projection === null ? {} : { projection });
    }
    if (part instanceof nn.Linear) return new reg.DropConnect(part);
    return kind === 'activation' && spatial.length > 0
      ? new nn.Sequential(part, new reg.SpatialDropout({ dims: 2 }), new reg.DropBlock())
      : part;
  },
});

const casesOf = (models: typeof maps, shape: readonly number[]): Case[] =>
  Object.entries(models).map(([name, model]) => ({ name, model, shape: ['batch', ...shape] }));

/** What regularizes in training, and is plain or nothing in evaluation. */
export const regularizers: readonly Case[] = [
  ...casesOf(units, [2, 4]),
  ...casesOf(maps, [2, 5, 5]),
  { name: 'a network of several', model: network, shape: ['batch', 36] },
];
