import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runObjective } from '@tikhonov/golden/objective';

// By hand, exact in binary: lambda |w|_1 with lambda = 0.5 and w = (1, -2).
const l1Case = {
  id: 'l1/0',
  method: 'l1',
  variant: 'sum',
  params: { lambda: 0.5 },
  inputs: { params: [{ shape: [2], data: [1, -2] }] },
  noise: {},
  grad_of: 'loss',
  grad_output: null,
  expected: { loss: 1.5 },
  grads: { params: [{ shape: [2], data: [0.5, -0.5] }] },
  tol: null,
  float32: true,
};

const thresholdCase = {
  ...l1Case,
  id: 'soft_threshold/0',
  method: 'soft_threshold',
  params: { threshold: 1 },
  inputs: { v: { shape: [2, 1], data: [3, 0.5] } },
  grad_of: null,
  grad_output: { shape: [2, 1], data: [4, 8] },
  expected: { y: { shape: [2, 1], data: [2, 0] } },
  grads: { v: { shape: [2, 1], data: [4, 0] } },
};

let folder = '';
const outside = process.env.TIKHONOV_GOLDEN;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'golden-'));
  process.env.TIKHONOV_GOLDEN = folder;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  if (outside === undefined) delete process.env.TIKHONOV_GOLDEN;
  else process.env.TIKHONOV_GOLDEN = outside;
});

const write = (...cases: readonly object[]): void =>
  writeFileSync(join(folder, 'objective.json'), JSON.stringify({ cases }));

/** What becomes of the one case. */
function outcomeOf(example: object): { status: string; problems: readonly string[] } {
  write(example);
  const outcomes = runObjective('float64', 1e-9);
  expect(outcomes).toHaveLength(1);
  return { status: outcomes[0]!.status, problems: outcomes[0]!.problems };
}

const passed = { status: 'passed', problems: [] };

describe('a case', () => {
  test('passes if values and gradients hold', () => {
    expect(outcomeOf(l1Case)).toEqual(passed);
    expect(outcomeOf(thresholdCase)).toEqual(passed);
  });

  test('fails for a wrong value, gradient or shape, and says where', () => {
    const { status, problems } = outcomeOf({ ...l1Case, expected: { loss: 1.25 } });
    expect(status).toBe('mismatch');
    expect(problems[0]).toContain('loss: element 0: 1.5 instead of 1.25, error 0.25, allowed 2.25');
    const grads = { params: [{ shape: [2], data: [0.5, 0] }] };
    expect(outcomeOf({ ...l1Case, grads }).problems[0]).toContain(
      'gradient of params.0: element 1: -0.5 instead of 0',
    );
    const flat = { y: { shape: [2], data: [2, 0] } };
    expect(outcomeOf({ ...thresholdCase, expected: flat }).problems).toEqual([
      'y: shape [2, 1] instead of [2]',
    ]);
    const unweighted = { ...thresholdCase, grad_output: { shape: [2, 1], data: [1, 8] } };
    expect(outcomeOf(unweighted).problems[0]).toContain('gradient of v: element 0: 1 instead of 4');
  });

  test('may weight a scalar, or have nothing to sum over', () => {
    const grads = { params: [{ shape: [2], data: [-1.5, 1.5] }] };
    expect(outcomeOf({ ...l1Case, grad_output: -3, grads })).toEqual(passed);
    const empty = { ...l1Case, inputs: { params: [] }, expected: { loss: 0 } };
    expect(outcomeOf({ ...empty, grads: { params: [] } })).toEqual(passed);
  });

  test('fails if there are fewer or more tensors, or gradients of what is no input', () => {
    const [one] = l1Case.grads.params;
    expect(outcomeOf({ ...l1Case, grads: { params: [one, one] } }).problems).toEqual([
      'gradient of params: 1 entries instead of 2',
    ]);
    expect(outcomeOf({ ...l1Case, grads: { lambda: 1 } }).problems).toEqual([
      'gradients of lambda, which are no tensors among params',
    ]);
  });

  test('fails if the method throws', () => {
    const { status, problems } = outcomeOf({ ...l1Case, params: { lambda: -1 } });
    expect(status).toBe('mismatch');
    expect(problems[0]).toContain('RangeError: l1: lambda must be finite and >= 0, got -1.');
  });

  test('is unsupported without its method, its variant, or something that computes a value', () => {
    const status = 'unsupported';
    expect(outcomeOf({ ...l1Case, method: 'toString' })).toEqual({
      status,
      problems: ['no such method'],
    });
    expect(outcomeOf({ ...l1Case, method: 'l2', variant: 'third' })).toEqual({
      status,
      problems: ['no variant third'],
    });
    expect(outcomeOf({ ...l1Case, expected: { loss: 1.5, entropy: 1 } })).toEqual({
      status,
      problems: ['nothing computes entropy'],
    });
  });

  test('has its own tolerance, and may hold in float64 only', () => {
    const near = { ...l1Case, expected: { loss: 1.51 } };
    expect(outcomeOf(near).status).toBe('mismatch');
    expect(outcomeOf({ ...near, tol: 0.01 })).toEqual(passed);
    write({ ...l1Case, float32: false }, thresholdCase);
    expect(runObjective('float32', 1e-4).map(({ id }) => id)).toEqual(['soft_threshold/0']);
  });

  test('may have any number of tensors and steps, of any shapes', () => {
    const scalar = (value: number) => ({ shape: [], data: [value] });
    const matrix = (value: number) => ({ shape: [1, 2], data: [value, value] });
    const steps = Array.from({ length: 13 }, (_, k) => k + 1);
    const example = {
      ...l1Case,
      method: 'sgd',
      variant: 'given-gradients',
      params: { lr: 0.5, momentum: 0, torchWeightDecay: 3 },
      inputs: {
        params: [scalar(1), matrix(2), scalar(3)],
        grads: steps.map(() => [scalar(2), matrix(-2), scalar(0)]),
      },
      grads: {},
      expected: { trajectory: steps.map((k) => [scalar(1 - k), matrix(2 + k), scalar(3)]) },
    };
    expect(outcomeOf(example)).toEqual(passed);
    const { trajectory } = example.expected;
    const wrong = [...trajectory.slice(0, 12), [scalar(0), matrix(0), scalar(0)]];
    expect(outcomeOf({ ...example, expected: { trajectory: wrong } }).problems[0]).toContain(
      'trajectory.12.0: element 0: -12 instead of 0',
    );
  });

  test('of decisions is compared entry by entry', () => {
    const example = {
      ...l1Case,
      method: 'early_stopping',
      params: { strip: 2 },
      inputs: { train: [4, 2, 2, 2], val: [2, 1, 1.5, 1.5] },
      grads: {},
      expected: {
        eOpt: [2, 1, 1, 1],
        generalizationLoss: [0, 0, 50, 50],
        progress: [
          [2, 500],
          [4, 0],
        ],
        GL: [
          [40, 3],
          [50, null],
        ],
        PQ: [[1, 4]],
        UP: [
          [1, 4],
          [2, null],
        ],
        patience: [[2, 0, 4, 2, 1]],
      },
    };
    expect(outcomeOf(example)).toEqual(passed);
    const wrong = { ...example.expected, UP: [[1, null]], patience: [[2, 0, 3, 2, 1]] };
    expect(outcomeOf({ ...example, expected: wrong }).problems).toEqual([
      'UP.0.1: 4 instead of null',
      'patience.0.2: 4 instead of 3',
    ]);
  });
});

test('only cases whose method, variant or id contains the text are run', () => {
  write(l1Case, { ...thresholdCase, variant: 'prox-l1' });
  const ids = (only: string) => runObjective('float64', 1e-9, only).map(({ id }) => id);
  expect(ids('soft')).toEqual(['soft_threshold/0']);
  expect(ids('l1')).toEqual(['l1/0', 'soft_threshold/0']);
  expect(ids('l1/0')).toEqual(['l1/0']);
});

describe('npm run golden', () => {
  const run = (...args: readonly string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
      const env = { ...process.env, TIKHONOV_GOLDEN: folder };
      execFile(process.execPath, [cli, ...args], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  test('names what is unsupported and ends with status 1, unless what is meant is supported', async () => {
    write(l1Case, { ...l1Case, id: 'new/0', method: 'new' });
    expect(await run('--dtype', 'float64')).toEqual({
      code: 1,
      out: [
        'ops.json: not in the folder, skipped',
        '  unsupported new (float64, 1 case): no such method',
        'objective.json float64: 2 cases, 0 mismatches, 1 unsupported',
        'structure.json: not in the folder, skipped',
        '1 passed, 0 failed, 1 unsupported',
        '',
      ].join('\n'),
      err: '',
    });
    expect(await run('--file', 'objective', '--only', 'l1', '--compiled')).toEqual({
      code: 0,
      out: [
        'objective.json float64: 1 cases, 0 mismatches, 0 unsupported',
        'objective.json float32: 1 cases, 0 mismatches, 0 unsupported',
        '2 passed, 0 failed',
        '',
      ].join('\n'),
      err: '',
    });
  }, 30_000);

  test('ends with status 1 if something mismatches, and with 2 if nothing is meant', async () => {
    write({ ...l1Case, expected: { loss: 2 } });
    const { code, out } = await run('--dtype', 'float64');
    expect(code).toBe(1);
    expect(out).toContain('  mismatch l1/0 (float64)\n    loss: element 0: 1.5 instead of 2');
    expect(out).toContain('\n0 passed, 1 failed\n');
    expect(await run('--only', 'conv2d')).toEqual({
      code: 2,
      out: 'ops.json: not in the folder, skipped\nstructure.json: not in the folder, skipped\n',
      err: 'golden: no case contains "conv2d".\n',
    });
  }, 30_000);
});
