import { contiguous, type View } from '@tikhonov/array';
import type { Cell, Parameter } from './cell.ts';
import { requireFunction, TraceError } from './errors.ts';
import type { Aval, MultiPrimitive, Primitive } from './primitive.ts';
import type { Tensor } from './tensor.ts';

/** A value of a trace: it has a shape and a dtype, and no elements yet. */
export interface SymbolicValue {
  readonly symbolic: true;
  /** Says where the value comes from, for error messages. */
  describe(): string;
  /** Its elements, where they are known after all: in the error of a recorded check that fails. */
  resolve?(): View | null;
}

/** What a tensor holds: elements, or a symbol of the trace that is being recorded. */
export type Payload = View | SymbolicValue;

/** Whether the payload has elements to read. */
export const isConcrete = (payload: Payload): payload is View => !('symbolic' in payload);

/** The elements of a payload, if they can be known. */
export const viewOf = (payload: Payload): View | null =>
  isConcrete(payload) ? payload : (payload.resolve?.() ?? null);

/**
 * The bottom of the interpreter: it turns the payloads of inputs into payloads of outputs. The eager
 * one runs kernels; a tracing one appends equations. Derivatives are recorded above it, once for all.
 * `outputs` and `avals` are the shapes and dtypes of what goes out and of what comes in.
 */
export interface Evaluator {
  run(
    primitive: Primitive<number, unknown> | MultiPrimitive<number, unknown>,
    inputs: readonly Payload[],
    attrs: unknown,
    outputs: readonly Aval[],
    avals: readonly Aval[],
  ): readonly Payload[];
  /** Called before a cell is read; a trace turns its value into a hidden input. */
  onRead?(cell: Cell): void;
  /** Called instead of storing; a trace records a hidden output. Returns the value to store. */
  onWrite?(cell: Cell, value: Tensor): Tensor;
  /** Called before anybody looks whether a parameter has a gradient, or changes that. */
  onGrad?(parameter: Parameter): void;
}

/** The elements of payloads, all of which must have some. */
function requireConcrete(name: string, payloads: readonly Payload[]): readonly View[] {
  if (payloads.every(isConcrete)) return payloads;
  return payloads.map((payload) => {
    const view = viewOf(payload);
    if (view !== null) return view;
    throw new TraceError(
      `${name}: ${(payload as SymbolicValue).describe()} has no elements outside of its trace.\n` +
        '  Return it instead of storing it.',
    );
  });
}

/** Runs each primitive's kernel now. */
export const eager: Evaluator = {
  run(primitive, inputs, attrs) {
    const views = requireConcrete(primitive.name, inputs);
    return primitive.kind === 'single'
      ? [primitive.forward(views, attrs)]
      : primitive.forward(views, attrs);
  },
};

/** What `bind` consults: replaced as a whole, and restored in a `finally`. */
export interface Frame {
  readonly evaluator: Evaluator;
  /** How many functional derivatives are being taken around the current call. */
  readonly depth: number;
  /** Operations are recorded when an input depends on a level below this one. */
  readonly recordBelow: number;
  /** Numbers the recomputation that is going on, so that memory is saved, if one is. */
  readonly recomputation?: number;
}

/** The interpreter stack's top; the only module state of the package. */
let current: Frame = { evaluator: eager, depth: 0, recordBelow: Infinity };

/** The frame that is in force. */
export const frame = (): Frame => current;

/** Whether a call now is an ordinary one: nothing traces, batches or differentiates what it runs. */
export const isPlainCall = (): boolean => current.evaluator === eager && current.depth === 0;

/** Whether what is computed from parameters is recorded for `backward()`: not so under `noGrad`. */
export const isRecording = (): boolean => current.recordBelow > 0;

/** The number of the recomputation that is going on, if one is: see `Equation.recomputation`. */
export const recomputationNow = (): number | undefined => current.recomputation;

/** Runs `body` under a changed frame. A promise is refused: the frame would be gone before it ran. */
export function within<T>(change: Partial<Frame>, body: () => T): T {
  const before = current;
  current = { ...before, ...change };
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TypeError(
        'A function under differentiation, noGrad or tracing must not be async.\n' +
          '  Await what it needs before the call and pass the tensors in.',
      );
    }
    return result;
  } finally {
    current = before;
  }
}

/**
 * Runs `body` without recording derivatives: for evaluation, and for state that must not be
 * differentiated through. A `grad` inside still works.
 *
 * @throws TypeError unless given a function, and one that is not async
 * @example
 * ```ts
 * const w = parameter(tensor([1, 2]));
 * noGrad(() => mul(w, 3).sum()).requiresGrad; // => false
 * ```
 */
export function noGrad<T>(body: () => T): T {
  requireFunction('noGrad', body);
  return within({ recordBelow: -Infinity }, body);
}

/** Row-major elements of a view as a fresh or shared typed array; for reading only. */
export const elementsOf = (view: View): View['data'] => contiguous(view).data;
