import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type { CrossEntropyOptions, MlpOptions, Module } from '@tikhonov/nn';
import type { Transform } from '@tikhonov/optim';
import type { Callback } from '@tikhonov/train';

/** Where a method acts. */
export type Family = 'objective' | 'structure' | 'process';

/** A term added to the training loss. Penalties that own state advance it unless told otherwise. */
export type Penalty = (options?: { readonly updateState?: boolean }) => Tensor;

/** A published source. */
export interface Reference {
  readonly authors: string;
  readonly title: string;
  readonly venue: string;
  readonly year: number;
  readonly arxiv?: string;
  readonly doi?: string;
}

/** One argument of a method: what the command line, the docs and the report show. */
export interface Argument {
  /** The option's name in code, such as `lambda` or `maxNorm`. */
  readonly name: string;
  /** What it is, with units. */
  readonly description: string;
  /** The value that the recipe uses by default. */
  readonly default: number;
  /** Where the default comes from. */
  readonly source: string;
  /** Inclusive bounds, unless `open` says that one is excluded. */
  readonly min?: number;
  readonly max?: number;
  readonly open?: 'min' | 'max' | 'both';
  readonly integer?: boolean;
}

/** A plain training configuration, which recipes change. */
export interface TrainingPlan {
  /** Options of the network. */
  readonly mlp: Partial<MlpOptions>;
  /** Options of the data loss. */
  readonly loss: CrossEntropyOptions;
  /** Terms added to the loss; made once for a model, with a key for their own state. */
  readonly penalties: readonly ((model: Module, key: Tensor) => Penalty)[];
  /** Gradient transforms that run before the optimizer. */
  readonly gradients: readonly Transform[];
  /** Decoupled weight decay of the optimizer; 0 is plain Adam. */
  readonly weightDecay: number;
  /** Callbacks of the run. */
  readonly callbacks: readonly (() => Callback)[];
  /** Share of the training set held out for the callbacks to watch. */
  readonly validationFraction: number;
}

/** The values of a method's arguments by name. */
export type ArgumentValues = Readonly<Record<string, number>>;

/** A scalar function of tensors at a point where it is smooth, for the generic gradient checks. */
export interface GradientCase {
  readonly f: (...tensors: readonly Tensor[]) => Tensor;
  /** float64, away from kinks. */
  readonly args: readonly Tensor[];
}

interface MethodEntry {
  /** kebab-case, as on the command line. */
  readonly id: string;
  readonly title: string;
  /** What is minimised or changed, in LaTeX. */
  readonly statement: string;
  readonly reference: Reference;
  readonly arguments: readonly Argument[];
  /** Where survey and paper differ, and what was chosen. */
  readonly notes: readonly string[];
  /** Changes a plain configuration so that it uses the method. */
  readonly recipe: (plan: TrainingPlan, values: ArgumentValues) => TrainingPlan;
}

/** A method that adds a differentiable term: it cannot be listed without its gradient checks. */
export interface ObjectiveMethod extends MethodEntry {
  readonly family: 'objective';
  /** Draws random points at which first and second derivatives are checked in both modes. */
  readonly gradientCases: (draw: CaseDraw) => GradientCase;
}

/** A method that acts on the network or on the optimisation; smooth ones are checked too. */
export interface OtherMethod extends MethodEntry {
  readonly family: 'structure' | 'process';
  readonly gradientCases?: (draw: CaseDraw) => GradientCase;
}

/** A method of the catalogue: what it is, where it comes from, and how to apply it. */
export type Method = ObjectiveMethod | OtherMethod;
