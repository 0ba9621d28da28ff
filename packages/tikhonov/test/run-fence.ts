import { Tensor } from '@tikhonov/core';
import { transformSync } from 'esbuild';
import type { Fence } from './fences.ts';

/** Modules by specifier; the umbrella's exports are also in scope without an import. */
export type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Runs an example. `expression; // => value` asserts; throws if an assertion fails. */
export async function runFence({ code }: Fence, modules: Modules): Promise<number> {
  const asserted = code.replace(
    /^(\s*)(.*\S)\s*;\s*\/\/ => (.+)$/gm,
    (_line, indent: string, expression: string, expected: string) =>
      `${indent}__expect((${expression}), (${expected}));`,
  );
  const stripped = transformSync(asserted, {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  }).code;
  const body = stripped.replace(
    /^import\s+(\{[^}]*\}|\* as \w+)\s+from\s+["']([^"']+)["'];$/gm,
    (_line, names: string, specifier: string) => {
      if (modules[specifier] === undefined) throw new Error(`no module ${specifier}`);
      const bound = names.startsWith('*') ? names.slice(5) : names.replace(/ as /g, ': ');
      return `const ${bound} = __modules[${JSON.stringify(specifier)}];`;
    },
  );
  let checked = 0;
  const scope: Record<string, unknown> = {
    ...modules.tikhonov,
    __modules: modules,
    __expect: (got: unknown, want: unknown) => {
      checked += 1;
      expectClose(got, want);
    },
  };
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  // The inner block lets an example import or declare a name that is in scope anyway.
  const names = Object.keys(scope).filter((name) => name !== 'default');
  await new AsyncFunction(...names, `{${body}}`)(...names.map((name) => scope[name]));
  return checked;
}

const plain = (value: unknown): unknown => {
  if (value instanceof Tensor) return value.toArray();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  return value;
};

function expectClose(got: unknown, want: unknown): void {
  const [a, b] = [plain(got), plain(want)];
  if (!close(a, b)) {
    throw new Error(
      `the example gives ${JSON.stringify(a)}, its comment says ${JSON.stringify(b)}`,
    );
  }
}

/** Equal, numbers to float32 precision. */
function close(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= 2e-6 * (1 + Math.abs(b));
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((x, i) => close(x, b[i]));
  }
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    const keys = Object.keys(b);
    return (
      Object.keys(a).length === keys.length &&
      keys.every((key) =>
        close((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
      )
    );
  }
  return Object.is(a, b);
}
