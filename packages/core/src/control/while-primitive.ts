import { bindMulti } from '../bind.ts';
import type { Cell } from '../cell.ts';
import { tensor } from '../create.ts';
import { TraceError } from '../errors.ts';
import { eager, frame, within } from '../interpreter.ts';
import { any } from '../ops/reduce.ts';
import type { Aval, Batched, MultiPrimitive } from '../primitive.ts';
import { logicalAnd } from '../primitives/logical.ts';
import { broadcastTo } from '../primitives/sum-broadcast.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { requireInputs } from './cond-primitive.ts';
import { capturesOf, labelOf, type Recorded, RegionRecorder } from './recorder.ts';
import { evaluateRegion, type Region, runRegion } from './region.ts';

/** The condition, with one bool scalar, and the body, with the next state; both take state and captures. */
export interface WhileAttrs {
  readonly condition: Region;
  readonly body: Region;
  readonly maxSteps: number;
}

/** `[...state, ...captures] -> state`, after as many steps as the condition holds, at most `maxSteps`. */
export const whileP: MultiPrimitive<number, WhileAttrs> = {
  kind: 'multi',
  name: 'whileLoop',
  nondifferentiable: 'the number of its steps is not known',
  infer: (inputs, { condition, body }) => {
    for (const region of [condition, body]) requireInputs('whileLoop', region.inputs, inputs);
    const state: readonly Aval[] = inputs.slice(0, body.results.length);
    requireInputs('whileLoop', body.results, state);
    return state.map(({ shape, dtype }) => ({ shape, dtype }));
  },
  forward: (inputs, { condition, body, maxSteps }) => {
    const count = body.results.length;
    const captures = inputs.slice(count);
    let state = inputs.slice(0, count);
    for (let step = 0; step < maxSteps; step++) {
      const [holds] = evaluateRegion(condition, [...state, ...captures]);
      if (holds!.data[holds!.offset] === 0) break;
      state = [...evaluateRegion(body, [...state, ...captures])];
    }
    return state;
  },
  vjp: () => null,
  control: {
    regions: ({ condition, body }) => ({ condition, body }),
    masked: (inputs, { condition, body, maxSteps }, taken) => {
      const captures = inputs.slice(body.results.length);
      return runLoop({
        condition: (state) =>
          logicalAnd(taken, runRegion(condition, [...state, ...captures], taken)[0]!),
        body: (state) => runRegion(body, [...state, ...captures], taken),
        init: inputs.slice(0, body.results.length),
        maxSteps,
      });
    },
    // Steps are made until no example needs one; those that are done keep what they have.
    batch: (operands, { condition, body, maxSteps }, size, run) => {
      const count = body.results.length;
      const captures = operands.slice(count);
      const state = operands.slice(0, count).map((operand) => spread(operand, size));
      const [first] = run([...state.map(batched), ...captures], (xs) => runRegion(condition, xs));
      const [, ...final] = runLoop({
        condition: ([active]) => any(active!),
        body: (now) => {
          const next = run([...now.map(batched), ...captures], ([active, ...xs]) =>
            runRegion(body, xs, active).map((x, k) => where(active!, x, xs[k]!)),
          );
          const [active] = run(
            [batched(now[0]!), ...next.map(batched), ...captures],
            ([before, ...xs]) => [logicalAnd(before!, runRegion(condition, xs, before)[0]!)],
          );
          return [active!, ...next];
        },
        init: [first!, ...state],
        maxSteps,
      });
      return final;
    },
  },
};

const batched = (tensor: Tensor): Batched => ({ tensor, batched: true });

const spread = (operand: Batched, size: number): Tensor =>
  operand.batched ? operand.tensor : broadcastTo(operand.tensor, [size, ...operand.tensor.shape]);

/** A loop over a list of tensors. */
export interface Loop {
  readonly condition: (state: readonly Tensor[]) => Tensor | boolean;
  readonly body: (state: readonly Tensor[]) => readonly Tensor[];
  readonly init: readonly Tensor[];
  readonly maxSteps: number;
}

/** Runs a loop: now, if values are known now, else as one primitive. Nothing is recorded of its derivative. */
export function runLoop(loop: Loop): readonly Tensor[] {
  if (frame().evaluator !== eager) return recordLoop(loop);
  let state = loop.init;
  for (let step = 0; step < loop.maxSteps; step++) {
    const holds = loop.condition(state);
    if (typeof holds === 'boolean' ? !holds : holds.item() === 0) break;
    state = loop.body(state);
  }
  return state;
}

/** Cells that the body writes are part of the state, which is known only once it has been recorded. */
function recordLoop(loop: Loop): readonly Tensor[] {
  let cells: readonly Cell[] = [];
  for (;;) {
    const testing = start(loop, cells, (state) => {
      const holds = loop.condition(state);
      return [typeof holds === 'boolean' ? tensor(holds) : holds];
    });
    for (const cell of testing.writes.keys()) {
      throw new TraceError(
        `whileLoop: the condition writes to ${labelOf(cell)}.\n  Write in the body, or decide there and carry the decision in the state.`,
      );
    }
    const stepping = start(loop, cells, loop.body);
    const more = [...stepping.writes.keys()].filter((cell) => !cells.includes(cell));
    if (more.length === 0) return run(loop, cells, testing, stepping);
    cells = [...cells, ...more];
  }
}

interface Side extends Recorded<readonly Tensor[]> {
  readonly recorder: RegionRecorder;
}

function start(
  { init }: Loop,
  cells: readonly Cell[],
  body: (state: readonly Tensor[]) => readonly Tensor[],
): Side {
  const recorder = new RegionRecorder(frame().evaluator);
  const state = init.map((x) => recorder.input(x, 'the state of whileLoop'));
  const recorded = recorder.record(() => body(state), cells);
  for (const [parameter, present] of recorded.grads) {
    if (present === parameter.hasGrad) continue;
    throw new TraceError(
      `whileLoop: after a step ${labelOf(parameter)} has ${present ? 'a gradient' : 'no gradient'}, before it ${present ? 'none' : 'one'}.\n` +
        '  Use grad() inside, or call backward() and zeroGrad() outside.',
    );
  }
  return { recorder, ...recorded };
}

function run(
  { init, maxSteps }: Loop,
  cells: readonly Cell[],
  testing: Side,
  stepping: Side,
): readonly Tensor[] {
  const [holds] = testing.out.map((x) => testing.recorder.result(x));
  const next = [...stepping.out, ...cells.map((cell) => stepping.writes.get(cell)!)].map((x) =>
    stepping.recorder.result(x),
  );
  const captures = capturesOf([testing.recorder, stepping.recorder]);
  const attrs = {
    condition: testing.recorder.finish([holds!], captures),
    body: stepping.recorder.finish(next, captures),
    maxSteps,
  };
  const state = [...init, ...cells.map((cell) => cell.read())];
  const outputs = within({ recordBelow: -Infinity }, () =>
    bindMulti(whileP, [...state, ...captures], attrs),
  );
  for (const [i, cell] of cells.entries()) cell.write(outputs[init.length + i]!);
  return outputs.slice(0, init.length);
}
