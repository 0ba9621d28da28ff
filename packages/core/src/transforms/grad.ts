import { isFloating } from '@tikhonov/array';
import { type Cell, detach } from '../cell.ts';
import { onesLike } from '../create.ts';
import {
  DTypeError,
  kindOf,
  requireFunction,
  ShapeError,
  showShape,
  showValue,
} from '../errors.ts';
import { requireOptions } from '../options.ts';
import { Tensor } from '../tensor.ts';
import { flattenTree, isPlainObject, type TensorsOf, type Tree, type TreeParts } from '../tree.ts';
import { leave, linearize } from './linearize.ts';

/** What can be differentiated with respect to: tensors and cells in nested arrays and objects. */
export type Differentiable = Tree<Tensor | Cell>;

/** Options of `grad` and `valueAndGrad`. */
export interface GradOptions {
  /**
   * What to do when the value does not depend on a part of the first argument: return zeros, or
   * throw and name it. @defaultValue 'zeros'
   */
  readonly unreached?: 'zeros' | 'error';
  /**
   * Whether value and gradient can themselves be differentiated by what is around the call. Off, it
   * saves the recording; an optimizer's step does so. @defaultValue true
   */
  readonly createGraph?: boolean;
}

/**
 * A function that returns `f`'s value and its gradient with respect to the first argument: a tensor,
 * a cell or parameter (rebound during the call), or a tree of them. It nests: derivatives of any order
 * are derivatives of derivatives.
 *
 * @param f  must return a floating scalar; called with the first argument's tensors replaced
 * @returns `(x, ...rest) => [value, gradient]`; the gradient has the structure of `x`
 * @throws ShapeError if the value is not a scalar; DTypeError if it, or a leaf, is not floating; TypeError for
 * unknown options
 * @example
 * ```ts
 * const [value, slope] = valueAndGrad((x) => x.mul(x).sum())(tensor([1, 2]));
 * value.item(); // => 5
 * slope.toArray(); // => [2, 4]
 * ```
 */
export function valueAndGrad<None extends readonly Tensor[] = readonly Tensor[]>(
  f: (...none: None) => Tensor,
  ...options: IfNone<None, [options?: GradOptions]>
): <X extends Differentiable | TreeParts<X>>(x: X) => [Tensor, TensorsOf<X>];
export function valueAndGrad<
  X extends Differentiable | TreeParts<X> = Tensor,
  Rest extends readonly unknown[] = readonly unknown[],
>(
  f: (x: X, ...rest: Rest) => Tensor,
  options?: GradOptions,
): (x: X, ...rest: Rest) => [Tensor, TensorsOf<X>];
export function valueAndGrad<X, Rest extends readonly unknown[]>(
  f: (x: X, ...rest: Rest) => Tensor,
  options: GradOptions = {},
): (x: X, ...rest: Rest) => [Tensor, TensorsOf<X>] {
  return plainly('valueAndGrad', f, options);
}

/**
 * Chosen when the function takes no argument, because it reads its cells itself: it is then called with
 * those to differentiate with respect to.
 */
type IfNone<None extends readonly unknown[], Options> = None extends readonly []
  ? Options
  : [never];

function plainly<X, Rest extends readonly unknown[]>(
  name: string,
  f: (x: X, ...rest: Rest) => Tensor,
  options: GradOptions,
): (x: X, ...rest: Rest) => [Tensor, TensorsOf<X>] {
  requireFunction(name, f);
  const both = withAux(name, (x: X, ...rest: Rest) => [f(x, ...rest), null] as const, options);
  return (x, ...rest) => {
    const [[value], gradient] = both(x, ...rest);
    return [value, gradient];
  };
}

/**
 * As `valueAndGrad`, for a function that returns the value and anything else beside it.
 *
 * @example
 * ```ts
 * const f = (x: Tensor) => [x.mul(x).sum(), { doubled: x.mul(2) }] as const;
 * const [[value, aux], slope] = valueAndGradWithAux(f)(tensor([3]));
 * aux.doubled.toArray(); // => [6]
 * ```
 */
export function valueAndGradWithAux<
  X extends Differentiable | TreeParts<X> = Tensor,
  Rest extends readonly unknown[] = readonly unknown[],
  Aux = unknown,
>(
  f: (x: X, ...rest: Rest) => readonly [Tensor, Aux],
  options: GradOptions = {},
): (x: X, ...rest: Rest) => [readonly [Tensor, Aux], TensorsOf<X>] {
  return withAux('valueAndGradWithAux', f, options);
}

function withAux<X, Rest extends readonly unknown[], Aux>(
  name: string,
  f: (x: X, ...rest: Rest) => readonly [Tensor, Aux],
  options: GradOptions,
): (x: X, ...rest: Rest) => [readonly [Tensor, Aux], TensorsOf<X>] {
  requireFunction(name, f);
  requireOptions(name, options, { unreached: true, createGraph: 'boolean' });
  const { unreached = 'zeros', createGraph = true } = options;
  if (unreached !== 'zeros' && unreached !== 'error') {
    throw new RangeError(
      `${name}: unreached must be 'zeros' or 'error', got ${showValue(unreached)}.`,
    );
  }
  return (x, ...rest) => {
    const tree = flattenTree(x, name);
    const evaluate = (leaves: readonly Tensor[]): readonly [Tensor, Aux] => {
      const inputs = tree.leaves.map((leaf, i) => (leaf instanceof Tensor ? leaves[i]! : leaf));
      return f(tree.rebuild<X>(inputs), ...rest);
    };
    const linear = linearize(name, tree, evaluate, createGraph);
    const [value, aux] = linear.out;
    requireScalar(name, value);
    if (unreached === 'error') requireReached(name, linear.reached([value]), tree.paths);
    const gradients = linear.pullback([{ output: value, cotangent: onesLike(value) }]);
    // Without a graph, not even what the function closes over may keep its history.
    const out = createGraph ? leave : detach;
    return [[out(value), mapAux(aux, out)], tree.rebuild<TensorsOf<X>>(gradients.map(out))];
  };
}

/** Tensors beside the value are handed out as the caller's level sees them; the rest as it is. */
function mapAux<Aux>(aux: Aux, out: (x: Tensor) => Tensor): Aux {
  const visit = (part: unknown): unknown => {
    if (part instanceof Tensor) return out(part);
    if (Array.isArray(part)) return part.map(visit);
    if (!isPlainObject(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, visit(inner)]));
  };
  return visit(aux) as Aux;
}

function requireReached(name: string, reached: readonly boolean[], paths: readonly string[]): void {
  const missing = paths.filter((_, i) => !reached[i]);
  if (missing.length > 0) {
    throw new Error(
      `${name}: the value does not depend on ${missing.map((path) => `"${path}"`).join(', ')}.\n` +
        (missing.length === paths.length
          ? '  Was it computed from another model, or under noGrad?'
          : "  Use it in the loss, leave it out, or pass { unreached: 'zeros' }."),
    );
  }
}

function requireScalar(name: string, value: unknown): asserts value is Tensor {
  if (value instanceof Promise) {
    throw new TypeError(
      `${name}: the function must not be async.\n  Await what it needs before the call and pass the tensors in.`,
    );
  }
  if (!(value instanceof Tensor)) {
    throw new TypeError(
      `${name}: the function must return a Tensor, it returned ${kindOf(value)}.`,
    );
  }
  if (value.rank !== 0) {
    throw new ShapeError(
      `${name}: the function must return a scalar, it returned shape ${showShape(value.shape)}.\n` +
        '  Reduce it with sum() or mean(), or use vjp.',
    );
  }
  if (!isFloating(value.dtype)) {
    throw new DTypeError(`${name}: the value must be floating, it is ${value.dtype}.`);
  }
}

/**
 * The gradient of a scalar function with respect to its first argument, as a function. A function
 * without arguments is differentiated with respect to the cells that the result is called with. See
 * `valueAndGrad`.
 *
 * @example
 * ```ts
 * const cube = (x: Tensor) => x.mul(x).mul(x).sum();
 * grad(cube)(tensor(2)).item(); // => 12
 * grad((x) => grad(cube)(x))(tensor(2)).item(); // => 12
 * const w = parameter(tensor([1, 2]));
 * grad(() => cube(w.read()))({ w }).w.toArray(); // => [3, 12]
 * ```
 */
export function grad<None extends readonly Tensor[] = readonly Tensor[]>(
  f: (...none: None) => Tensor,
  ...options: IfNone<None, [options?: GradOptions]>
): <X extends Differentiable | TreeParts<X>>(x: X) => TensorsOf<X>;
export function grad<
  X extends Differentiable | TreeParts<X> = Tensor,
  Rest extends readonly unknown[] = readonly unknown[],
>(f: (x: X, ...rest: Rest) => Tensor, options?: GradOptions): (x: X, ...rest: Rest) => TensorsOf<X>;
export function grad<X, Rest extends readonly unknown[]>(
  f: (x: X, ...rest: Rest) => Tensor,
  options: GradOptions = {},
): (x: X, ...rest: Rest) => TensorsOf<X> {
  const both = plainly('grad', f, options);
  return (x, ...rest) => both(x, ...rest)[1];
}
