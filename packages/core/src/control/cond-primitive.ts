import { bindMulti } from '../bind.ts';
import { showShape } from '../errors.ts';
import { frame, within } from '../interpreter.ts';
import type { Aval, MultiPrimitive } from '../primitive.ts';
import { logicalAnd, logicalNot } from '../primitives/logical.ts';
import { where } from '../primitives/where.ts';
import type { Tensor } from '../tensor.ts';
import { capturesOf, RegionRecorder } from './recorder.ts';
import { evaluateRegion, type Region, runRegion, type Value } from './region.ts';

/** The two branches, which take the same inputs and have results of the same types. */
export interface CondAttrs {
  readonly onTrue: Region;
  readonly onFalse: Region;
}

/** Both branches, each checked where it is taken, and the results of the one that is. */
function select(
  [predicate, ...captures]: readonly Tensor[],
  { onTrue, onFalse }: CondAttrs,
  taken?: Tensor,
): readonly Tensor[] {
  const holds = predicate!;
  const masks = [holds, logicalNot(holds)].map((mask) =>
    taken === undefined ? mask : logicalAnd(mask, taken),
  );
  const yes = runRegion(onTrue, captures, masks[0]);
  const no = runRegion(onFalse, captures, masks[1]);
  return yes.map((x, k) => where(holds, x, no[k]!));
}

/** `[predicate, ...captures] -> results` of the region that the predicate chooses, run on the captures. */
export const condP: MultiPrimitive<number, CondAttrs> = {
  kind: 'multi',
  name: 'cond',
  nondifferentiable: 'a recorded branch; differentiate what recorded it',
  infer: ([_predicate, ...captures], { onTrue, onFalse }) => {
    for (const region of [onTrue, onFalse]) requireInputs('cond', region.inputs, captures);
    requireInputs('cond', onFalse.results, onTrue.results);
    return onTrue.results.map(({ shape, dtype }) => ({ shape, dtype }));
  },
  forward: ([predicate, ...captures], { onTrue, onFalse }) => {
    const holds = predicate!.data[predicate!.offset] !== 0;
    return evaluateRegion(holds ? onTrue : onFalse, captures);
  },
  vjp: () => null,
  control: {
    regions: ({ onTrue, onFalse }) => ({ onTrue, onFalse }),
    masked: select,
    batch: (operands, attrs, _size, run) => {
      const [predicate, ...captures] = operands;
      if (predicate!.batched) return run(operands, (xs) => select(xs, attrs));
      // All examples take the same branch.
      const sides = [attrs.onTrue, attrs.onFalse].map((branch) => {
        const recorder = new RegionRecorder(frame().evaluator);
        const body = (): readonly Tensor[] => run(captures, (xs) => runRegion(branch, xs));
        return { recorder, ...recorder.record(body) };
      });
      return runBranches(predicate!.tensor, sides);
    },
  },
};

/** A branch that was recorded. */
interface RecordedBranch {
  readonly recorder: RegionRecorder;
  /** What it returned. */
  readonly out: readonly Tensor[];
}

/** Runs two branches, which were recorded just now, as one primitive. Nothing is recorded of its derivative. */
export function runBranches(
  predicate: Tensor,
  sides: readonly RecordedBranch[],
): readonly Tensor[] {
  const results = sides.map(({ recorder, out }) => out.map((x) => recorder.result(x)));
  const captures = capturesOf(sides.map(({ recorder }) => recorder));
  const [onTrue, onFalse] = sides.map(({ recorder }, k) => recorder.finish(results[k]!, captures));
  return within({ recordBelow: -Infinity }, () =>
    bindMulti(condP, [predicate, ...captures], { onTrue: onTrue!, onFalse: onFalse! }),
  );
}

/** Throws unless the types are those of the region's values. */
export function requireInputs(name: string, want: readonly Value[], got: readonly Aval[]): void {
  const show = (avals: readonly Aval[]): string =>
    avals.map(({ shape, dtype }) => `${dtype} ${showShape(shape)}`).join(', ');
  if (show(want) !== show(got)) {
    throw new Error(`internal: ${name}: a region has ${show(want)} instead of ${show(got)}.`);
  }
}
