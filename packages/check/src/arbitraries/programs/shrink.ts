import { type Tensor, tensor } from '@tikhonov/core';
import { within } from '@tikhonov/core/engine';
import { Tracking } from '../../agreement/evaluators.ts';
import type { Body, Call, Source, Step } from './parts.ts';
import { Program, runSteps } from './program.ts';

/** The steps and sources that the results and effects need. */
export function withoutDead(program: Program): Program {
  const steps = live(program.steps, program.results);
  const used = new Set([...steps.flatMap(({ operands }) => operands), ...program.results]);
  return new Program({
    ...program,
    cells: program.cells,
    steps,
    results: program.results,
    sources: program.sources.filter(({ ref }) => used.has(ref)),
  });
}

function live(steps: readonly Step[], results: readonly number[]): Step[] {
  const needed = new Set(results);
  const kept: Step[] = [];
  for (const step of steps.toReversed()) {
    if (step.call.effect !== true && !step.results.some((ref) => needed.has(ref))) continue;
    for (const ref of step.operands) needed.add(ref);
    kept.push(step);
  }
  return kept.reverse();
}

/**
 * Programs that are smaller: with fewer results, without an effect, with a step's results made arguments
 * that have the values which the step gave, with plainer arguments.
 */
export function* smallerPrograms(program: Program): Generator<Program> {
  const parts = { ...program, sources: program.sources, cells: program.cells };
  const of = (change: Partial<Program>): Program =>
    withoutDead(new Program({ ...parts, ...change }));
  for (const results of fewer(program.results)) yield of({ results });
  const values = valuesOf(program);
  if (values !== null) {
    // From the middle on: half of a program at once, then single steps.
    for (const steps of fewer(program.steps)) {
      const gone = program.steps.filter((step) => !steps.includes(step));
      const sources = gone.flatMap(({ results }): Source[] =>
        results.map((ref) => ({ ref, value: values.get(ref)!, role: 'argument' })),
      );
      yield of({ steps, sources: [...program.sources, ...sources] });
    }
  }
  for (const [k, step] of program.steps.entries()) {
    for (const other of smallerSteps(step)) {
      yield of({ steps: program.steps.map((each, i) => (i === k ? other : each)) });
    }
  }
  for (const [k, source] of program.sources.entries()) {
    for (const plainer of plainerSources(source)) {
      yield of({ sources: program.sources.map((each, i) => (i === k ? plainer : each)) });
    }
  }
}

/** The list without its halves, quarters, ..., single items. */
function* fewer<T>(list: readonly T[]): Generator<T[]> {
  for (
    let size = Math.ceil(list.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < list.length; at += size) {
      yield [...list.slice(0, at), ...list.slice(at + size)];
    }
  }
}

/** The same call of a function with fewer steps. */
function* smallerSteps(step: Step): Generator<Step> {
  for (const inner of step.call.inner ?? []) yield* withSmallerBody(step, inner);
}

function* withSmallerBody(step: Step, inner: NonNullable<Call['inner']>[number]): Generator<Step> {
  const { body } = inner;
  for (const steps of fewer(body.steps)) {
    const made = new Set([...body.parameters, ...steps.flatMap(({ results }) => results)]);
    const complete = (refs: readonly number[]): boolean => refs.every((ref) => made.has(ref));
    if (!steps.every(({ operands }) => complete(operands)) || !complete(body.results)) continue;
    const smaller: Body = { ...body, steps: live(steps, body.results) };
    yield { ...step, call: inner.with(smaller) };
  }
  const pruned = live(body.steps, body.results);
  if (pruned.length < body.steps.length)
    yield { ...step, call: inner.with({ ...body, steps: pruned }) };
}

/** What every value is for the program's own arguments; `null` if it throws. */
function valuesOf(program: Program): Map<number, Tensor> | null {
  const { cells } = program.build();
  const values = new Map(program.sources.map(({ ref, value }) => [ref, value]));
  try {
    within({ evaluator: new Tracking() }, () => runSteps(program.steps, values, cells));
    return values;
  } catch {
    return null;
  }
}

/** The source as an argument, dense, of few digits. */
function* plainerSources(source: Source): Generator<Source> {
  const { value, role } = source;
  if (role === 'constant') yield { ...source, role: 'argument' };
  const data = value.data();
  const plain = data.map((x) => (Number.isFinite(x) ? Math.trunc(x) : x));
  if (plain.some((x, i) => !Object.is(x, data[i]))) {
    yield { ...source, value: tensor(plain, { shape: value.shape, dtype: value.dtype }) };
  }
}
