import { stopGradient } from '@tikhonov/core';
import { asTensor, requireOptions } from '@tikhonov/core/engine';
import type { Module } from '@tikhonov/nn';
import { type PenaltyTarget, type SelectOptions, selectParameters } from '../parameters.ts';
import { gateable, isConvolution, l0GatesOf } from './l0-gates.ts';
import { gateProbNonzero } from './l0-hard-concrete.ts';

/** Options of `countNonzero`. */
export interface CountNonzeroOptions extends SelectOptions {
  /** What counts as 0: `|w| <= tol`. @defaultValue 0 */
  readonly tol?: number;
}

/**
 * The L0 norm itself: how many weights are not 0. A metric, a number: nothing can be differentiated through
 * it. NaN counts.
 *
 * @param params  tensors of any shapes, or a network (its weights, not its biases)
 * @throws RangeError for a negative `tol`
 * @example
 * ```ts
 * reg.countNonzero(tensor([0, 1e-9, -2])); // => 2
 * reg.countNonzero(tensor([0, 1e-9, -2]), { tol: 1e-6 }); // => 1
 * ```
 */
export function countNonzero(params: PenaltyTarget, options: CountNonzeroOptions = {}): number {
  requireOptions('countNonzero', options, { tol: true, filter: true });
  const { tol = 0 } = options;
  if (!(typeof tol === 'number' && tol >= 0)) {
    throw new RangeError(`countNonzero: tol must be >= 0, got ${String(tol)}.`);
  }
  const { parameters } = selectParameters('countNonzero', params, options);
  let count = 0;
  for (const { parameter } of parameters) {
    for (const w of stopGradient(asTensor(parameter)).data()) if (!(Math.abs(w) <= tol)) count += 1;
  }
  return count;
}

/** What is left of one gated layer. */
export interface L0LayerReport {
  readonly name: string;
  /** What the gates are on. */
  readonly on: 'inputs' | 'filters';
  readonly gates: number;
  /** Gates that are not 0 in evaluation. */
  readonly active: number;
  /** Sum of the probabilities of not being 0, over the gates. */
  readonly expected: number;
  /** Weights behind the gates. */
  readonly weights: number;
  /** Weights behind active gates. */
  readonly activeWeights: number;
}

/** What the gates of a model leave of it; prints as a table. */
export class L0Report {
  readonly layers: readonly L0LayerReport[];
  readonly weights: number;
  readonly activeWeights: number;

  constructor(layers: readonly L0LayerReport[]) {
    const total = (of: (layer: L0LayerReport) => number): number =>
      layers.reduce((sum, layer) => sum + of(layer), 0);
    this.layers = layers;
    this.weights = total(({ weights }) => weights);
    this.activeWeights = total(({ activeWeights }) => activeWeights);
  }

  /** Share of the weights behind closed gates. */
  get sparsity(): number {
    return 1 - this.activeWeights / this.weights;
  }

  /** The active gates of each layer, as papers write it: `20-25-45-462`. */
  get architecture(): string {
    return this.layers.map(({ active }) => active).join('-');
  }

  /** The table. */
  toString(): string {
    const lines = this.layers.map(
      ({ name, on, gates, active, expected, weights, activeWeights }) =>
        `${name === '' ? '(model)' : name}: ${active} of ${gates} ${on} (${expected.toFixed(1)} expected), ${activeWeights} of ${weights} weights`,
    );
    return [
      ...lines,
      `all: ${this.activeWeights} of ${this.weights} weights, ${(100 * this.sparsity).toFixed(1)} % pruned`,
    ].join('\n');
  }
}

/**
 * Which gates of a model are open in evaluation, layer by layer.
 *
 * @throws TypeError if the model has no gates
 * @example
 * ```ts
 * const model = reg.withL0Gates(nn.mlp([4, 8, 3], { seed: 0 }));
 * reg.l0GatesOf(model.layers[1])!.logAlpha.write(concat([full([6], -9), full([2], 9)]));
 * const report = reg.l0Report(model);
 * report.architecture; // => '4-2'
 * String(report).split('\n')[1]; // => 'layers.1: 2 of 8 inputs (2.0 expected), 6 of 24 weights'
 * ```
 */
export function l0Report(model: Module): L0Report {
  const layers = gateable(model).flatMap(([name, layer]): L0LayerReport[] => {
    const gates = l0GatesOf(layer);
    if (gates === null) return [];
    const [size, active] = [gates.logAlpha.size, countNonzero(gates.gates())];
    return [
      {
        name,
        on: isConvolution(layer) ? 'filters' : 'inputs',
        gates: size,
        active,
        expected: gateProbNonzero(gates.logAlpha, gates.distribution).sum().item(),
        weights: size * gates.groupSize,
        activeWeights: active * gates.groupSize,
      },
    ];
  });
  if (layers.length > 0) return new L0Report(layers);
  throw new TypeError('l0Report: the model has no gates.\n  Put them on with withL0Gates(model).');
}
