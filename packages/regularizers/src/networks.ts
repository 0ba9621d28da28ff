import { random, type Tensor } from '@tikhonov/core';
import {
  type ChangePart,
  type LayerLike,
  type Linear,
  mlp,
  type Place,
  Sequential,
  type SmallCnnOptions,
  type SmallResNetOptions,
  smallCnn,
  smallResNet,
} from '@tikhonov/nn';
import type { Network, TrainingPlan, TrainingTask } from './method.ts';

/** A kind of network with its sizes. */
export type NetworkSpec =
  | { readonly kind: 'mlp'; readonly hidden: readonly number[] }
  | ({ readonly kind: 'cnn' } & Pick<
      SmallCnnOptions,
      'channels' | 'hidden' | 'kernelSize' | 'norm'
    >)
  | ({ readonly kind: 'resnet' } & Pick<SmallResNetOptions, 'channels' | 'blocks' | 'norm'>);

/** What a network is made for. */
export interface NetworkPurpose {
  readonly plan: TrainingPlan;
  readonly task: TrainingTask;
  /** Of the first weights. */
  readonly seed: number;
  /** Of what the plan's parts draw. */
  readonly key: Tensor;
}

/**
 * The network with the plan's settings and parts.
 *
 * @throws TypeError for a network of images if the rows are none
 */
export function networkFor(spec: NetworkSpec, purpose: NetworkPurpose): Network {
  const { plan, task, seed } = purpose;
  const change = changeOf(purpose);
  if (spec.kind === 'mlp') {
    const sizes = [task.features, ...spec.hidden, task.classes];
    return change === undefined
      ? mlp(sizes, { seed, ...plan.network })
      : mlpOfParts(sizes, purpose, change);
  }
  if (task.imageShape === null) {
    throw new TypeError(
      `${spec.kind}: the rows of this data are no images.\n  Choose a data set of images, or an MLP.`,
    );
  }
  const shared = {
    ...plan.network,
    inputShape: task.imageShape,
    classes: task.classes,
    seed,
    ...(change === undefined ? {} : { change }),
  };
  if (spec.kind === 'cnn') {
    const { kind: _kind, ...sizes } = spec;
    return smallCnn({ ...shared, ...sizes });
  }
  const { kind: _kind, ...sizes } = spec;
  return smallResNet({ ...shared, ...sizes });
}

/** All changes of a plan as one, each with a key of its own for every place. */
function changeOf({ plan, task, key }: NetworkPurpose): ChangePart | undefined {
  if (plan.parts.length === 0) return undefined;
  return (part, place) =>
    plan.parts.reduce((changed, make, i) => {
      const own = random.foldIn(random.foldIn(random.foldIn(key, i), place.kind), place.index);
      return make(changed, place, { task, key: own });
    }, part);
}

/** `nn.mlp` with the same initial weights, as a chain whose parts can be changed. */
function mlpOfParts(
  sizes: readonly number[],
  { plan, seed }: NetworkPurpose,
  change: ChangePart,
): Sequential {
  const plain = mlp(sizes, { seed, ...plan.network });
  const key = random.foldIn(random.key(seed), 'parts');
  const last = plain.layers.length - 1;
  const place = (
    kind: 'linear' | 'activation',
    index: number,
    count: number,
    output: boolean,
  ): Place => ({
    kind,
    index,
    count,
    channels: sizes[index + 1]!,
    spatial: [],
    inBlock: false,
    output,
    key: random.foldIn(random.foldIn(key, kind), index),
  });
  const layers = plain.layers.flatMap((layer: Linear, i): LayerLike[] => {
    const linear = change(layer, place('linear', i, last + 1, i === last));
    if (i === last) return [linear];
    return [linear, change(plain.activation, place('activation', i, last, false))];
  });
  return new Sequential(...layers);
}
