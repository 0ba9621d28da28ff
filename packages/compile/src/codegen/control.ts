import { type Region, regionsOf } from '@tikhonov/core/engine';
import type { Equation, Value } from '../graph/graph.ts';
import { align, bytesIn } from './memory.ts';
import { type Context, marking, type Part, type Step } from './step.ts';

/** The step of a branch or a loop: the steps of its regions within `if` and `loop`. */
export function controlStep(context: Context, equation: Equation, inputs: readonly Value[]): Step {
  const { onTrue, onFalse, condition, body } = regionsOf(equation);
  if (onTrue !== undefined && onFalse !== undefined) {
    return branches(context, equation, inputs, [onTrue, onFalse]);
  }
  if (condition !== undefined && body !== undefined) {
    return turns(context, equation, inputs, condition, body);
  }
  throw new Error(`internal: ${equation.primitive.name} is no known kind of control.`);
}

function branches(
  context: Context,
  { outputs }: Equation,
  [predicate, ...captures]: readonly Value[],
  sides: readonly [Region, Region],
): Step {
  const done = marking(context, 'cond');
  const [yes, no] = [context.part(sides[0]), context.part(sides[1])];
  return {
    inputs: [predicate!, ...captures],
    outputs,
    scratch: Math.max(yes.bytes, no.bytes),
    emit: (driver, { of, scratch, constants }) => {
      const { code } = driver;
      const side = (part: Part) => (): void =>
        part.emit(driver, scratch, captures.map(of), outputs.map(of), constants);
      code.i32(of(predicate!)).memory('i32.load', 0).if(side(yes), side(no));
      done(code);
    },
  };
}

function turns(
  context: Context,
  { attrs, outputs }: Equation,
  inputs: readonly Value[],
  condition: Region,
  body: Region,
): Step {
  const { maxSteps } = attrs as { readonly maxSteps: number };
  const done = marking(context, 'whileLoop');
  // What every turn passes on as it is stays where it is.
  const changing = outputs.flatMap((_, i) => (body.results[i] === body.inputs[i] ? [] : [i]));
  const results = changing.map((i) => body.results[i]!);
  const [test, step] = [context.part(condition), context.part({ ...body, results })];
  const state = inputs.slice(0, outputs.length);
  const captures = inputs.slice(outputs.length);
  // The condition, the next state, and then what the blocks need, of which one runs at a time.
  const nexts: number[] = [];
  let end = align(4);
  for (const i of changing) {
    nexts.push(end);
    end += align(bytesIn(outputs[i]!));
  }
  return {
    inputs,
    outputs,
    scratch: end + Math.max(test.bytes, step.bytes),
    emit: (driver, { of, scratch, constants }) => {
      const { code } = driver;
      const now = outputs.map(of);
      const next = nexts.map((offset) => scratch + offset);
      const given = [...now, ...captures.map(of)];
      const copy = (value: Value, to: number, from: number): void => {
        code.i32(to).i32(from).i32(bytesIn(value)).copy();
      };
      for (const [i, value] of outputs.entries()) copy(value, now[i]!, of(state[i]!));
      const left = code.local('f64');
      code.f64(maxSteps).set(left);
      code.block((exit) => {
        code.loop((again) => {
          code.get(left).f64(0).op('f64.le');
          exit(true);
          test.emit(driver, scratch + end, given, [scratch], constants);
          code.i32(scratch).memory('i32.load', 0).op('i32.eqz');
          exit(true);
          step.emit(driver, scratch + end, given, next, constants);
          for (const [k, i] of changing.entries()) copy(outputs[i]!, now[i]!, next[k]!);
          code.get(left).f64(1).op('f64.sub').set(left);
          again();
        });
      });
      done(code);
    },
  };
}
