import type { Tensor } from '@tikhonov/core';
import * as core from '@tikhonov/core';
import { type AnyPrimitive, bind, bindMulti, check, flattenTree } from '@tikhonov/core/engine';
import type { Call } from './parts.ts';
import { literal, tensorLiteral } from './print.ts';

/** `const v3 = ...;`, or `const [v3, v4] = ...;` for several. */
const declared = (results: readonly string[], expression: string): string =>
  `const ${results.length === 1 ? results[0] : `[${results.join(', ')}]`} = ${expression};`;

/** Arguments in order: operands, and static values between them. */
export type Argument = { readonly operand: number } | { readonly value: unknown };

/** The operand of a number, as an argument. */
export const operand = (at: number): Argument => ({ operand: at });

/** A number, an options object, a shape. */
export const fixed = (value: unknown): Argument => ({ value });

/** A call of a public function that returns one tensor. */
export function call(
  name: string,
  f: (...args: never[]) => Tensor,
  args: readonly Argument[],
): Call {
  return {
    name,
    apply: (operands) => [
      f(...(args.map((arg) => ('operand' in arg ? operands[arg.operand]! : arg.value)) as never[])),
    ],
    code: (operands, results) => {
      const listed = args
        .filter((arg) => 'operand' in arg || arg.value !== undefined)
        .map((arg) => ('operand' in arg ? operands[arg.operand]! : literal(arg.value)));
      return [declared(results, `${name}(${listed.join(', ')})`)];
    },
  };
}

/** A call of a function that takes its first `count` operands in order, then options. */
export const callWith = (
  name: string,
  f: (...args: never[]) => Tensor,
  count: number,
  ...options: readonly unknown[]
): Call =>
  call(name, f, [...Array.from({ length: count }, (_, k) => operand(k)), ...options.map(fixed)]);

/** As `callWith`, written out by hand: for operands in a list or among the options. */
export const expression = (
  name: string,
  f: (operands: readonly Tensor[]) => Tensor,
  code: (operands: readonly string[]) => string,
): Call => ({
  name,
  apply: (operands) => [f(operands)],
  code: (operands, results) => [declared(results, code(operands))],
});

/** As `expression`, with a list of results. */
export const listExpression = (
  name: string,
  f: (operands: readonly Tensor[]) => readonly Tensor[],
  code: (operands: readonly string[]) => string,
): Call => ({
  name,
  apply: f,
  code: (operands, results) => [`const [${results.join(', ')}] = ${code(operands)};`],
});

/** A tensor in the midst of a program. */
export const constant = (value: Tensor): Call => ({
  name: 'tensor',
  apply: () => [value],
  code: (_operands, results) => [declared(results, tensorLiteral(value))],
});

/** A primitive, as the public function of its name where that takes nothing but tensors. */
export function primitiveCall(primitive: AnyPrimitive, attrs: unknown): Call {
  const { name } = primitive;
  const isPublic = attrs === null && primitive.kind === 'single' && Object.hasOwn(core, name);
  return {
    name,
    apply: (operands) =>
      primitive.kind === 'single'
        ? [bind(primitive, operands, attrs)]
        : bindMulti(primitive, operands, attrs),
    code: (operands, results) => {
      const listed = operands.join(', ');
      if (isPublic) return [declared(results, `${name}(${listed})`)];
      const bound = `(${name}P, [${listed}], ${literal(attrs)})`;
      return primitive.kind === 'single'
        ? [declared(results, `bind${bound}`)]
        : [`const [${results.join(', ')}] = bindMulti${bound};`];
    },
  };
}

/** Any function from tensors to a tensor or a tree of them; it prints as its source, which may name things outside. */
export const opaqueCall = (name: string, f: (...operands: Tensor[]) => object): Call => ({
  name,
  apply: (operands) => flattenTree<Tensor>(f(...operands), name).leaves,
  code: (operands, results) => [
    declared(results, `/* ${name} */ (${String(f)})(${operands.join(', ')})`),
  ],
});

/** The value of a cell. */
export const readCell = (at: number): Call => ({
  name: 'read',
  apply: (_operands, cells) => [cells[at]!.read()],
  code: (_operands, results) => [declared(results, `c${at}.read()`)],
});

/** A new value for a cell. */
export const writeCell = (at: number): Call => ({
  name: 'write',
  effect: true,
  apply: ([x], cells) => {
    cells[at]!.write(x!);
    return [];
  },
  code: ([x]) => [`c${at}.write(${x});`],
});

/** A requirement that every element of a bool is true. */
export const requirement = (message: string): Call => ({
  name: 'check',
  effect: true,
  apply: ([condition]) => {
    check(condition!, (index) => new RangeError(`${message} at ${index}`));
    return [];
  },
  code: ([condition]) => [
    `check(${condition}, (index) => new RangeError(\`${message} at \${index}\`));`,
  ],
});
