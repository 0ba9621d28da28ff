import { hasEffect, regionsOf } from '@tikhonov/core/engine';
import type { Equation, Value } from '../graph/graph.ts';
import { emitFused } from '../kernels/fused/index.ts';
import { moves } from '../layout/moves.ts';
import type { Lowerings } from '../lower/lowerings.ts';
import { reductionOf } from '../lower/reductions.ts';
import { identityOf, isProduct } from '../lower/special.ts';
import type { Unit } from '../schedule/fuse.ts';
import { kernelOf } from '../schedule/kernel.ts';
import { isWhole, type Places } from '../schedule/places.ts';
import { controlStep } from './control.ts';
import { productStep } from './product.ts';
import { type Context, hostStep, kernelStep, type Step } from './step.ts';

/** Whether an equation is a branch or a loop. */
const isControl = (equation: Equation): boolean => Object.keys(regionsOf(equation)).length > 0;

/** Whether an equation may end the program, so that its order among others that may is kept. */
export const mayFail =
  ({ loops }: Lowerings) =>
  (equation: Equation): boolean =>
    hasEffect(equation) || loops.get(equation.primitive.name)?.fallible === true;

/** Whether an equation's operands must be all of their storage, in order. */
export const wantsDense =
  ({ loops }: Lowerings) =>
  (equation: Equation): boolean =>
    isControl(equation) || loops.get(equation.primitive.name)?.layouts === 'dense';

/** Whether an equation has no rule, so that its eager kernel runs it. */
export function isHosted(lowerings: Lowerings, equation: Equation): boolean {
  const { primitive } = equation;
  const { maps, loops } = lowerings;
  const { name } = primitive;
  if (maps.has(name) || loops.has(name) || moves.has(name)) return false;
  if (primitive === identityOf || isProduct(equation) || reductionOf(equation) !== null)
    return false;
  return !isControl(equation);
}

/** The step that does what a unit says. */
export function stepOf(
  context: Context,
  unit: Unit,
  places: Places,
  needed: (value: Value) => boolean,
): Step {
  const { writer, lowerings } = context;
  if (unit.group !== null) {
    const { spec, inputs, outputs } = kernelOf(unit.group, places, lowerings, needed);
    const names = unit.equations.map(({ primitive }) => primitive.name).join(' ');
    const text = `${names} [${spec.axes.join(', ')}]`;
    return kernelStep(context, {
      index: emitFused(writer, spec),
      inputs,
      outputs,
      scratch: 0,
      text,
    });
  }
  const equation = unit.equations[0]!;
  const operands = equation.inputs.map((value) => places.of(value));
  const inputs = operands.map(({ root }) => root);
  const { primitive, attrs, outputs } = equation;
  if (isProduct(equation)) return productStep(context, unit, places, needed);
  if (isControl(equation)) return controlStep(context, equation, inputs);
  const rule = lowerings.loops.get(primitive.name);
  if (rule === undefined) return hostStep(context, equation, operands);
  if (rule.layouts === 'dense' && !operands.every(isWhole)) {
    throw new Error(`internal: ${primitive.name} needs dense operands.`);
  }
  const spec = {
    inputs: operands.map(({ layout }, i) => ({ dtype: equation.inputs[i]!.dtype, layout })),
    outputs,
    attrs,
  };
  return kernelStep(context, {
    index: rule.emit(writer, spec),
    inputs,
    outputs,
    scratch: rule.scratch?.(spec) ?? 0,
    text: `${primitive.name} ${outputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' ')}`,
    ...(rule.fallible === true ? { failure: { equation, operands } } : {}),
  });
}
