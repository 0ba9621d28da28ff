import type { Tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import type {
  CrossEntropyOptions,
  Layer,
  LayerLike,
  MlpOptions,
  Module,
  Place,
} from '@tikhonov/nn';
import type { Scalar, SteppingOptimizer, Transform } from '@tikhonov/optim';
import type { BatchTransform, Callback, Loss, StepTerm } from '@tikhonov/train';

/** Where a method acts. */
export type Family = 'objective' | 'structure' | 'process';

/** Kinds of networks that plans are about: `nn.mlp`, `nn.smallCnn` and `nn.smallResNet`. */
export type NetworkKind = 'mlp' | 'cnn' | 'resnet';

/**
 * A term of the parameters alone. Penalties that own state advance it unless told otherwise. What looks at
 * the step's rows is a `StepTerm` of `train`.
 */
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

/** What a configuration is made for: what methods may need to know of data and network. */
export interface TrainingTask {
  readonly classes: number;
  /** Elements of an input row. */
  readonly features: number;
  /** `[channels, height, width]` of a row, if it is an image. */
  readonly imageShape: readonly [number, number, number] | null;
  /** Training rows. */
  readonly rows: number;
}

/** A network that a configuration trains. */
export type Network = Module & Layer;

/** What the makers of a configuration's parts are given. */
export interface PlanScope {
  /** A key of the part's own. */
  readonly key: Tensor;
  readonly task: TrainingTask;
}

/** What callbacks are made for. */
export interface CallbackScope extends PlanScope {
  readonly model: Network;
  /** With everything that was put around it. */
  readonly optimizer: SteppingOptimizer;
}

/** What all kinds of networks take. */
export type NetworkSettings = Pick<MlpOptions, 'activation' | 'dtype' | 'init' | 'bias'>;

/** Makes of a part of the network what is to stand in its place; `scope.key` is the part's own. */
export type PlanPart = (part: LayerLike, place: Place, scope: PlanScope) => LayerLike;

/**
 * A plain training configuration, which recipes change: each adds a part behind those that are there.
 * `configure` says in which order the parts act.
 */
export interface TrainingPlan {
  /** Options of the network, whatever its kind. */
  readonly network: NetworkSettings;
  /** What is made of the network's parts, in this order. */
  readonly parts: readonly PlanPart[];
  /** What is made of the network: gates, reparametrized weights, another head. */
  readonly models: readonly ((model: Network, scope: PlanScope) => Network)[];
  /** What is done to the rows of a step. */
  readonly transforms: readonly ((scope: PlanScope) => BatchTransform)[];
  /** Options of the data loss. */
  readonly loss: CrossEntropyOptions;
  /** What is made of the data loss; the first is the innermost. */
  readonly losses: readonly ((loss: Loss, scope: PlanScope) => Loss)[];
  /** Terms added to the loss; made once for a model, with a key for their own state. */
  readonly penalties: readonly ((model: Network, scope: PlanScope) => StepTerm)[];
  /** Gradient transforms that run before the optimizer. */
  readonly gradients: readonly ((scope: PlanScope) => Transform)[];
  /** Decoupled weight decay of what has two axes or more, not of biases and gates; 0 is plain Adam. */
  readonly weightDecay: number;
  /** Transforms of the final updates: proximal steps, projections, Lookahead. */
  readonly updates: readonly ((lr: Scalar) => Transform)[];
  /** What is put around the optimizer; the first is the innermost. */
  readonly optimizers: readonly ((
    optimizer: SteppingOptimizer,
    scope: PlanScope & { readonly model: Network },
  ) => SteppingOptimizer)[];
  /** Callbacks of the run. */
  readonly callbacks: readonly ((scope: CallbackScope) => Callback)[];
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
  /** Where the survey treats it, such as `1.2`; `relative` for what it does not. */
  readonly section: string;
  readonly title: string;
  /** What is minimised or changed, in LaTeX. */
  readonly statement: string;
  readonly reference: Reference;
  readonly arguments: readonly Argument[];
  /** Where survey and paper differ, and what was chosen. */
  readonly notes: readonly string[];
  /**
   * The kinds of networks that the recipe does something to; none if it is for what plans do not know, such as
   * recurrent networks. @defaultValue all of them
   */
  readonly networks?: readonly NetworkKind[];
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
