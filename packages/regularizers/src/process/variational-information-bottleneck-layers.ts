import { add, logSoftmax, logsumexp, mul, random, slice, stack, sub, Tensor } from '@tikhonov/core';
import { kindOf, type OptionNames, requireOptions } from '@tikhonov/core/engine';
import {
  contextAmong,
  type ForwardContext,
  type KeySource,
  Linear,
  Module,
  shareContext,
  wrapForward,
} from '@tikhonov/nn';
import { type StepTerm, withActivations } from '@tikhonov/train';
import { gatedTerm, meanOverSamples, sumPerSample } from '../objective/per-sample.ts';
import { furtherDraws, requireSamples } from '../objective/sample-average.ts';
import { requireStrength, type Strength } from '../strength.ts';
import {
  type CodeOptions,
  type GaussianCode,
  gaussianCode,
} from './variational-information-bottleneck-functions.ts';

/** Options of the layers. One of `seed` and `key` is needed. */
export interface BottleneckOptions extends CodeOptions, KeySource {
  /**
   * Codes drawn in evaluation, whose predicted probabilities are averaged; 0 uses the mean code alone, without
   * noise. The paper averages 12. @defaultValue 0
   */
  readonly evaluationSamples?: number;
  /** @defaultValue 'float32' */
  readonly dtype?: 'float32' | 'float64';
}

const known: OptionNames<BottleneckOptions> = {
  stdShift: true,
  evaluationSamples: true,
  dtype: true,
  seed: true,
  key: true,
};

/** A linear encoder of `N(mu, std^2)`; in training it gives a code, in evaluation `mu`. */
export class GaussianBottleneck extends Module {
  /** `[in] -> [2 k]`: `mu` and `rho`. */
  readonly encode: Linear;
  readonly latent: number;
  readonly stdShift: number;
  readonly evaluationSamples: number;

  constructor(inFeatures: number, latent: number, options: BottleneckOptions = {}) {
    super();
    requireOptions('GaussianBottleneck', options, known);
    const { stdShift = -5, evaluationSamples = 0, ...rest } = options;
    if (evaluationSamples !== 0) {
      requireSamples('GaussianBottleneck', 'evaluationSamples', evaluationSamples);
    }
    this.encode = new Linear(inFeatures, 2 * latent, rest);
    this.latent = latent;
    this.stdShift = stdShift;
    this.evaluationSamples = evaluationSamples;
  }

  override describe(): string {
    return `GaussianBottleneck(${this.encode.inFeatures} -> ${this.latent})`;
  }

  /** The parts of what `encode` gave, `[n, 2 k]`. */
  code(encoded: Tensor): GaussianCode & { readonly mu: Tensor } {
    const mu = slice(encoded, [...before(encoded), { stop: this.latent }]);
    const rho = slice(encoded, [...before(encoded), { start: this.latent }]);
    return { mu, ...gaussianCode(mu, rho, { stdShift: this.stdShift }) };
  }

  /** `[n, in] -> [n, k]` */
  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    return this.decoded(x, context, (z) => z);
  }

  /** What a decoder makes of the codes; with `evaluationSamples` the logarithm of mean probabilities. */
  decoded(x: Tensor, context: ForwardContext, decode: (z: Tensor) => Tensor): Tensor {
    const { mu, std } = this.code(this.encode.forward(x));
    const drawn = (key: Tensor): Tensor =>
      decode(add(mul(random.normal(key, mu.shape, { dtype: mu.dtype }), std), mu));
    if (context.training === true) {
      if (context.rng instanceof Tensor) return drawn(random.foldIn(context.rng, 'bottleneck'));
      throw new TypeError(
        `${this.describe()}: training needs a random key, got ${kindOf(context.rng)}.\n  Call model.forward(x, { training: true, rng }).`,
      );
    }
    if (this.evaluationSamples === 0) return decode(mu);
    const key = context.rng ?? random.key(0);
    const draws = Array.from({ length: this.evaluationSamples }, (_, k) =>
      logSoftmax(drawn(random.foldIn(key, k))),
    );
    // Of logarithms: probabilities that are rare in every draw would round to 0.
    return sub(logsumexp(stack(draws), { axis: 0 }), Math.log(draws.length));
  }
}

const before = (x: Tensor): null[] => new Array<null>(x.rank - 1).fill(null);

/**
 * The last layers of a classifier with a variational information bottleneck: a Gaussian code of the features
 * and a linear decoder of it. `[n, in] -> [n, out]`. Add `vibTerm` to the objective.
 *
 * @see Alemi, Fischer, Dillon & Murphy, "Deep Variational Information Bottleneck" (2017)
 * @example
 * ```ts
 * const head = new reg.VibHead(8, 2, 3, { seed: 0 });
 * const model = new nn.Sequential(new nn.Linear(4, 8, { seed: 1 }), relu, head);
 * model.forward(ones([5, 4]), { training: true, rng: random.key(2) }).shape; // => [5, 3]
 * ```
 */
export class VibHead extends Module {
  readonly bottleneck: GaussianBottleneck;
  readonly decode: Linear;

  constructor(
    inFeatures: number,
    latent: number,
    outFeatures: number,
    options: BottleneckOptions = {},
  ) {
    super();
    const { seed, key, ...rest } = options;
    const given = key ?? (seed === undefined ? undefined : random.key(seed));
    const first = given instanceof Tensor || given === undefined ? given : given.next();
    const keyOf = (name: string): KeySource =>
      first === undefined ? {} : { key: random.foldIn(first, name) };
    this.bottleneck = new GaussianBottleneck(inFeatures, latent, { ...rest, ...keyOf('encode') });
    const { dtype = 'float32' } = rest;
    this.decode = new Linear(latent, outFeatures, { dtype, ...keyOf('decode') });
  }

  forward(x: Tensor, context: ForwardContext = {}): Tensor {
    return this.bottleneck.decoded(x, context, (z) => this.decode.forward(z));
  }
}

/**
 * Puts a variational information bottleneck in front of the last linear layer of a network, which becomes the
 * decoder: the code is as wide as that layer's input. Its encoder is found under the layer's name, as in
 * `layers.1.bottleneck.encode.weight`. Add `vibTerm` to the objective.
 *
 * @param model  changed in place
 * @returns the model
 * @throws TypeError if it has no linear layer, or a bottleneck already
 * @example
 * ```ts
 * const model = reg.withBottleneck(nn.mlp([4, 8, 3], { seed: 0 }), { seed: 1 });
 * Object.keys(model.namedParameters()).length; // => 6
 * ```
 */
export function withBottleneck<Model extends Module>(
  model: Model,
  options: BottleneckOptions,
): Model {
  if (bottlenecksOf(model).length > 0) {
    throw new TypeError('withBottleneck: the model has a bottleneck already.');
  }
  const last = model.modules().findLast((part) => part instanceof Linear);
  if (last === undefined) {
    throw new TypeError(
      `withBottleneck: the model has no linear layer.\n  Its modules: ${Object.keys(model.namedModules()).join(', ')}.`,
    );
  }
  const { inFeatures: n } = last;
  const dtype = last.weight.dtype === 'float64' ? 'float64' : 'float32';
  const bottleneck = new GaussianBottleneck(n, n, { dtype, ...options });
  const shared = shareContext(model);
  Object.assign(last, { bottleneck });
  wrapForward(last, (forward, ...args) => {
    const [x, ...rest] = args;
    if (!(x instanceof Tensor)) return forward(...args);
    return bottleneck.decoded(
      x,
      contextAmong(args) ?? shared.current(),
      (z) => forward(z, ...rest) as Tensor,
    );
  });
  return model;
}

const bottlenecksOf = (model: Module): (readonly [string, GaussianBottleneck])[] =>
  Object.entries(model.namedModules()).flatMap(([name, part]) =>
    part instanceof GaussianBottleneck ? [[name, part] as const] : [],
  );

/** Options of `vibTerm`. */
export interface VibTermOptions {
  /** Strength, >= 0; loss per nat of the code. @defaultValue 1e-3 */
  readonly beta?: Strength;
  /** Codes per row and step, each a forward pass; the loss is their mean. @defaultValue 1 */
  readonly numSamples?: number;
}

/**
 * `beta` times the mean over rows of the divergence of the codes from the prior, for `penalties` of `fit`: of all
 * bottlenecks of a model, as the step's own pass encoded its rows.
 *
 * @throws TypeError if the model has no bottleneck; RangeError for a bad `beta` or `numSamples`; Error in a step
 *   that does not call a bottleneck
 * @example
 * ```ts
 * const model = reg.withBottleneck(nn.mlp([4, 8, 3], { seed: 0 }), { seed: 1 });
 * reg.vibTerm(model, { beta: 0.01 }).usesActivations; // => true
 * ```
 */
export function vibTerm(model: Module, options: VibTermOptions = {}): StepTerm {
  requireOptions('vibTerm', options, { beta: true, numSamples: true });
  const { beta: strength = 1e-3, numSamples = 1 } = options;
  requireStrength('vibTerm: beta', strength);
  requireSamples('vibTerm', 'numSamples', numSamples);
  const found = bottlenecksOf(model);
  if (found.length === 0) {
    throw new TypeError(
      'vibTerm: the model has no bottleneck.\n  Use VibHead as its last layer, or withBottleneck(model).',
    );
  }
  return withActivations((context) => {
    const { activations, batch, dataLoss } = context;
    const beta = requireStrength('vibTerm: beta', strength);
    const terms = found.map(([name, bottleneck]) => {
      const seen = activations[name === '' ? 'encode' : `${name}.encode`];
      if (seen === undefined) {
        throw new Error(`vibTerm: the step did not call the bottleneck "${name}".`);
      }
      return gatedTerm(beta, dataLoss.dtype, () => {
        const { kl } = bottleneck.code(seen.output);
        return meanOverSamples(sumPerSample(kl), batch.sampleWeight);
      });
    });
    const penalty = terms.reduce((total, one) => add(total, one));
    return numSamples === 1 ? penalty : add(penalty, furtherDraws(context, numSamples, 'vibTerm'));
  });
}
