import { casesOf, type Law, type Operation, operationLaws, primitiveLaws } from '@tikhonov/check';
import { primitives, type RegisteredPrimitive } from '@tikhonov/core/engine';
import { conventions } from './conventions.ts';
import { dtypesOf } from './dtypes.ts';
import { operations } from './index.ts';
import { publicName } from './names.ts';

/** Cases per law that `npm test` tries; `npm run check:deep` tries `deepRuns`, whatever a law's effort. */
export const testRuns = { primitive: 40, operation: 8 } as const;
/** Cases per law of `npm run check:deep`. */
export const deepRuns = 1000;

interface Row {
  readonly name: string;
  readonly kind: 'primitive' | 'internal' | 'composite';
  readonly dtypes: string;
  readonly orders: string;
  readonly modes: string;
  readonly cases: string;
  readonly note: string;
}

const suffixes = (laws: readonly Law[]): Set<string> =>
  new Set(laws.map(({ id }) => id.split('/').at(-1)!));

function row(checked: RegisteredPrimitive | Operation, laws: readonly Law[], runs: number): Row {
  const has = suffixes(laws);
  const orders = [
    ...(has.has('vjp') ? ['1'] : []),
    ...(has.has('second-order') ? ['2'] : []),
    ...(has.has('third-order') ? ['3'] : []),
  ];
  const modes = [...(has.has('vjp') ? ['reverse'] : []), ...(has.has('jvp') ? ['forward'] : [])];
  const counted = (dtype: string): number =>
    laws
      .filter(({ dtypes }) => dtypes?.some((each) => each === dtype))
      .reduce((total, law) => total + casesOf(law, runs), 0);
  return {
    ...titleOf(checked),
    dtypes: dtypesOf(checked).join(', '),
    orders:
      orders.length > 0 ? orders.join(', ') : has.has('locally-constant') ? '0 everywhere' : '-',
    modes: modes.length > 0 ? modes.join(', ') : '-',
    cases: laws.some(({ dtypes }) => dtypes?.length)
      ? `${counted('float64')} / ${counted('float32')}`
      : `${laws.reduce((total, law) => total + casesOf(law, runs), 0)}`,
    note: noteOf(checked),
  };
}

function titleOf(checked: RegisteredPrimitive | Operation): Pick<Row, 'name' | 'kind'> {
  if (!('primitive' in checked)) return { name: checked.name, kind: 'composite' };
  const name = publicName(checked.name);
  return name === null ? { name: checked.name, kind: 'internal' } : { name, kind: 'primitive' };
}

function noteOf(checked: RegisteredPrimitive | Operation): string {
  const { name, discrete, nonFinite, nonEmpty } = checked;
  return [
    ...('primitive' in checked && conventions[name] !== undefined ? [conventions[name]] : []),
    ...('note' in checked && checked.note ? [checked.note] : []),
    ...('primitive' in checked && checked.primitive.nondifferentiable !== undefined
      ? [`a typed error on differentiation: ${checked.primitive.nondifferentiable}`]
      : discrete === undefined
        ? []
        : [`no derivative: ${discrete}`]),
    ...(nonFinite === undefined ? [] : [`NaN: ${nonFinite}`]),
    ...(nonEmpty === undefined ? [] : [`never empty: ${nonEmpty}`]),
  ].join('; ');
}

const rows = (): Row[] =>
  [
    ...primitives.map((each) => row(each, primitiveLaws([each]), testRuns.primitive)),
    ...operations.map((each) => row(each, operationLaws([each]), testRuns.operation)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));

const head = ['operation', 'kind', 'dtypes', 'orders', 'modes', 'cases', 'conventions'];

/** A Markdown table in columns of one width, as the formatter leaves it; numbers to the right. */
function aligned(titles: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = titles.map((title, k) =>
    Math.max(title.length, ...cells.map((row) => row[k]!.length)),
  );
  const isNumber = (k: number): boolean => titles[k] === 'cases';
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, k) => (isNumber(k) ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!))).join(' | ')} |`;
  const rule = widths.map((width, k) =>
    isNumber(k) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  );
  return [line(titles), line(rule), ...cells.map(line)].join('\n');
}

/** The text of docs/operations.md. */
export function operationsTable(): string {
  const all = rows();
  const cells = all.map(({ name, kind, dtypes, orders, modes, cases, note }) => [
    `\`${name}\``,
    kind,
    dtypes,
    orders,
    modes,
    cases,
    note.replaceAll('|', '\\|'),
  ]);
  return `# Operations

Made by \`npm run docs:operations\` from the registry of primitives (\`packages/core/src/primitives/index.ts\`)
and the list of composite operations (\`packages/lab/src/operations\`); a test fails when it is stale, and
when an exported operation is in neither.

- _Kind_: a primitive has a kernel and a rule of its own, a composite is made of others; an internal primitive
  is only a part of other operations.
- _Orders and modes_: derivatives that \`npm test\` compares with central differences in float64, pulled back
  (reverse) and pushed forward. float32 derivatives are compared with those in float64.
- _Cases_: how many random cases \`npm test\` tries in float64 / float32 (one number: integers), over all laws of
  the operation: shape rule, views, purity, values, derivatives, linearity, transposition (forward against reverse), NaN and
  infinities. \`npm run check:deep\` tries ${deepRuns} per law.
- _Dtypes_ are those that the main inputs may have. A NaN reaches every result that depends on it, unless
  the last column says otherwise.

${all.length} operations: ${all.filter(({ kind }) => kind !== 'composite').length} primitives, ${all.filter(({ kind }) => kind === 'composite').length} composites.

${aligned(head, cells)}
`;
}
