import type { Tensor } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import type { Body, Call } from './parts.ts';
import { printBody } from './print.ts';
import { functionOf } from './program.ts';

// Calls of operations that take functions. Inside a function, what it captures bears the names of its own
// parameters, so that bodies can be taken apart like programs.

/** Captured values under the names that they have inside. */
const named = (parameters: readonly number[], values: readonly string[]): string[] =>
  values.map((name, k) => `const v${parameters[k]} = ${name};`);

const list = (names: readonly string[]): string => `[${names.join(', ')}]`;

/** How a function is differentiated. */
export type Derivative = 'grad' | 'vjp' | 'jvp' | 'hvp';

/**
 * A derivative of a function with respect to its first `count` parameters. Operands: these, the other
 * parameters (which it captures), then cotangents or tangents.
 */
export function derivative(
  kind: Derivative,
  body: Body,
  count: number,
  options: { readonly checkpoint: boolean },
): Call {
  const own = body.parameters.length;
  return {
    name: options.checkpoint ? `${kind} of checkpoint` : kind,
    inner: [{ body, with: (other) => derivative(kind, other, count, options) }],
    apply: (operands, cells) => {
      const captured = operands.slice(count, own);
      const plain = (...xs: Tensor[]): Tensor[] => functionOf(body, cells)(...xs, ...captured);
      const f = options.checkpoint ? core.checkpoint(plain) : plain;
      const scalar = (...xs: Tensor[]): Tensor => f(...xs)[0]!;
      const [xs, given] = [operands.slice(0, count), operands.slice(own)];
      switch (kind) {
        case 'grad':
          return core.grad((list: readonly Tensor[]) => scalar(...list))(xs);
        case 'hvp':
          return core.hvp(scalar, xs, given);
        case 'vjp': {
          const [outputs, pullback] = core.vjp(f, xs);
          return [...outputs, ...pullback([...given])];
        }
        case 'jvp': {
          const [outputs, tangents] = core.jvp(f, xs, given);
          return [...outputs, ...tangents];
        }
      }
    },
    code: (operands, results) => {
      const captured = operands.slice(count, own);
      const [xs, given] = [operands.slice(0, count), operands.slice(own)];
      const outputs = body.results.length;
      const single = kind === 'grad' || kind === 'hvp';
      // Inside, captured values bear their parameters' names.
      const renamed = named(body.parameters.slice(count), captured);
      const lines = printBody({ ...body, parameters: body.parameters.slice(0, count) }, single);
      if (kind === 'grad') lines[0] = lines[0]!.replace(/^\((.*)\)/, '([$1])');
      if (options.checkpoint) {
        lines[0] = `checkpoint(${lines[0]}`;
        lines[lines.length - 1] += ')';
      }
      const [head, tail] = {
        grad: [`${list(results)} = grad(`, `)(${list(xs)});`],
        hvp: [`${list(results)} = hvp(`, `, ${list(xs)}, ${list(given)});`],
        vjp: [`[${list(results.slice(0, outputs))}, pull_${results[0]}] = vjp(`, `, ${list(xs)});`],
        jvp: [
          `[${list(results.slice(0, outputs))}, ${list(results.slice(outputs))}] = jvp(`,
          `, ${list(xs)}, ${list(given)});`,
        ],
      }[kind] as [string, string];
      lines[0] = `const ${head}${lines[0]}`;
      lines[lines.length - 1] += tail;
      const pulled =
        kind === 'vjp'
          ? [`const ${list(results.slice(outputs))} = pull_${results[0]}(${list(given)});`]
          : [];
      return [...renamed, ...lines, ...pulled];
    },
  };
}

/** Whether a function writes to cells or makes requirements. */
const hasEffect = ({ steps }: Body): boolean => steps.some(({ call }) => call.effect === true);

/** `cond`. Operands: the predicate, then what both branches capture. */
export const choice = (onTrue: Body, onFalse: Body): Call => ({
  name: 'cond',
  ...(hasEffect(onTrue) || hasEffect(onFalse) ? { effect: true } : {}),
  inner: [
    { body: onTrue, with: (other) => choice(other, onFalse) },
    { body: onFalse, with: (other) => choice(onTrue, other) },
  ],
  apply: ([predicate, ...captured], cells) =>
    core.cond<readonly Tensor[]>(
      predicate!,
      () => functionOf(onTrue, cells)(...captured),
      () => functionOf(onFalse, cells)(...captured),
    ),
  code: ([predicate, ...captured], results) => {
    const printed = [onTrue, onFalse].map((body) => printBody({ ...body, parameters: [] }, false));
    const [yes, no] = printed as [string[], string[]];
    return [
      ...named(onTrue.parameters, captured),
      ...named(onFalse.parameters, captured),
      `const ${list(results)} = cond(`,
      `  ${predicate},`,
      ...yes.map((line, k) => `  ${line}${k === yes.length - 1 ? ',' : ''}`),
      ...no.map((line, k) => `  ${line}${k === no.length - 1 ? ',' : ''}`),
      ');',
    ];
  },
});

/**
 * `whileLoop` with a count of steps in its state. Operands: the first state, the number of steps, then what
 * the body captures beside the state.
 */
export const loop = (body: Body, maxSteps: number): Call => ({
  name: 'whileLoop',
  ...(hasEffect(body) ? { effect: true } : {}),
  inner: [{ body, with: (other) => loop(other, maxSteps) }],
  apply: ([first, limit, ...captured], cells) => {
    const [last] = core.whileLoop<readonly Tensor[]>(
      ([, count]) => core.less(count!, limit!),
      ([state, count]) => [functionOf(body, cells)(state!, ...captured)[0]!, core.add(count!, 1)],
      [first!, core.tensor(0, { dtype: 'int32' })],
      { maxSteps },
    );
    return [last!];
  },
  code: ([first, limit, ...captured], [result]) => {
    const lines = printBody({ ...body, parameters: body.parameters.slice(0, 1) }, true);
    return [
      ...named(body.parameters.slice(1), captured),
      `const [${result}] = whileLoop(`,
      `  ([, count]) => less(count, ${limit}),`,
      '  ([state, count]) => [',
      ...lines.map(
        (line, k) =>
          `    ${k === 0 ? `(${line}` : line}${k === lines.length - 1 ? ')(state),' : ''}`,
      ),
      '    add(count, 1),',
      '  ],',
      `  [${first}, tensor(0, { dtype: 'int32' })],`,
      `  { maxSteps: ${maxSteps} },`,
      ');',
    ];
  },
});
