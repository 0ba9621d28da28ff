import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as check from '@tikhonov/check';
import * as core from '@tikhonov/core';
import * as engine from '@tikhonov/core/engine';
import * as onnx from '@tikhonov/onnx';
import * as tikhonov from '../src/index.ts';
import * as laws from '../src/laws.ts';
import { documented, fencesOf } from './fences.ts';
import { runFence } from './run-fence.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { pages, sources } = documented(root);
const modules = {
  // What examples have in scope without an import.
  tikhonov: { ...engine, ...check, ...tikhonov },
  'tikhonov/engine': engine,
  '@tikhonov/core': core,
  'tikhonov/check': check,
  'tikhonov/laws': laws,
  'tikhonov/onnx': onnx,
  '@tikhonov/check': check,
};

describe('every example in the documentation runs', () => {
  for (const file of [...pages, ...sources]) {
    for (const fence of fencesOf(root, file)) {
      test(`${fence.file}:${fence.line}`, async () => {
        const asserted = await runFence(fence, modules);
        const written = fence.code.split('\n').filter((line) => line.includes('// => ')).length;
        expect(asserted).toBe(written);
      });
    }
  }
});

describe('the example runner', () => {
  const fence = (code: string) => ({ file: 'none', line: 0, code });

  test('fails when a comment is wrong', async () => {
    await expect(runFence(fence('tensor([1, 2]).sum(); // => 4'), modules)).rejects.toThrow(
      'the example gives 3',
    );
  });

  test('fails when the code throws', async () => {
    await expect(runFence(fence('tensor([1, 2]).item();'), modules)).rejects.toThrow('item');
  });

  test('accepts imports of what is in scope', async () => {
    const code = "import { tensor as t } from 'tikhonov';\nt([1, 2]).sum(); // => 3";
    await expect(runFence(fence(code), modules)).resolves.toBe(1);
  });
});

test('every export has a doc comment', () => {
  const bare = sources
    .filter((file) => !file.endsWith('/index.ts') && !file.includes('/lab/'))
    .flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n');
      const seen = new Set<string>();
      return lines.flatMap((line, i) => {
        const name =
          /^export (?:abstract class|class|const|function|async function|interface|type) (\w+)/.exec(
            line,
          )?.[1];
        if (name === undefined || seen.has(name)) return [];
        // How a primitive is checked stands below the primitive, and its type says what it is.
        if (/^export const \w+Checks: (?:Primitive)?Checks</.test(line)) return [];
        seen.add(name); // later overloads share the first one's comment
        return /\*\/\s*$/.test(lines[i - 1] ?? '')
          ? []
          : [`${file.slice(root.length)}:${i + 1} ${name}`];
      });
    });
  expect(bare).toEqual([]);
});
