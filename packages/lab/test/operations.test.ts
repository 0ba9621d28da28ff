import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { caseStatistics, describeResult, operationLaws, runLaw } from '@tikhonov/check';
import { primitives } from '@tikhonov/core/engine';
import { exempt } from '../src/operations/exempt.ts';
import { exportedFunctions, exportedLayers } from '../src/operations/exports.ts';
import { operations } from '../src/operations/index.ts';
import { operationsTable, testRuns } from '../src/operations/table.ts';

const seed = 20240607;
const checked = new Set([...primitives, ...operations].map(({ name }) => name));

describe('every exported operation is checked', () => {
  test('as a primitive or by a line in packages/lab/src/operations, or says why not', () => {
    const missing = exportedFunctions().filter((name) => !checked.has(name) && !(name in exempt));
    expect(missing).toEqual([]);
  });

  test('and nothing is listed that is checked elsewhere or does not exist', () => {
    const known = new Set([...exportedFunctions(), ...exportedLayers()]);
    expect(Object.keys(exempt).filter((name) => checked.has(name) || !known.has(name))).toEqual([]);
    expect(operations.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
    expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
  });
});

test('docs/operations.md is up to date: run npm run docs:operations', () => {
  const file = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url));
  expect(readFileSync(file, 'utf8')).toBe(operationsTable());
});

describe('every operation', () => {
  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s obeys the laws',
    (_name, operation) => {
      const results = operationLaws([operation]).map((law) =>
        runLaw(law, { seed, runs: testRuns.operation }),
      );
      expect(results.filter(({ holds }) => !holds).map(describeResult)).toEqual([]);
    },
  );

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s is tried on empty axes and axes of size 1, or says why not',
    (_name, operation) => {
      const { single, empty } = caseStatistics(operation, { seed, runs: 60 });
      if (operation.nonEmpty !== undefined) expect(operation.nonEmpty.length).toBeGreaterThan(10);
      else expect([empty > 0, single > 0]).toEqual([true, true]);
    },
  );
});
