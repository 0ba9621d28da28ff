import type { ArgsDef } from 'citty';

/** Options under one heading of a help text. */
export interface OptionGroup {
  readonly title: string;
  readonly args: ArgsDef;
}

const width = 80;
const indent = 26;

/** The help of a command: plain text, 80 columns, what an option is beside or below its name. */
export function renderHelp(name: string, what: string, groups: readonly OptionGroup[]): string {
  const sections = groups.map(({ title, args }) =>
    [`${title}:`, ...Object.entries(args).flatMap(([flag, arg]) => option(flag, arg))].join('\n'),
  );
  return [`Usage: tikhonov ${name} [options]`, what, ...sections].join('\n\n');
}

function option(flag: string, arg: ArgsDef[string]): string[] {
  const hint = arg.type === 'string' ? ` <${arg.valueHint ?? 'value'}>` : '';
  const name = `  --${flag}${hint}`;
  const lines = wrap(arg.description ?? '', width - indent).map(
    (line) => ' '.repeat(indent) + line,
  );
  if (name.length > indent - 2) return [name, ...lines];
  return [name.padEnd(indent) + (lines[0] ?? '').trimStart(), ...lines.slice(1)];
}

function wrap(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    const longer = last === '' ? word : `${last} ${word}`;
    if (longer.length > columns && last !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
