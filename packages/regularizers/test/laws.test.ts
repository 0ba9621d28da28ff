import { describe, expect, test } from '@jest/globals';
import { assertLaw, runLaw } from '@tikhonov/check';
import { sqrt, tensor } from '@tikhonov/core';
import type { CaseDraw } from '@tikhonov/core/engine';
import { type GradientCase, methods } from '../src/index.ts';
import { gradientLaw, gradientSlack } from '../src/laws/gradients.ts';
import { laws } from '../src/laws.ts';

const runs = Number(process.env.TIKHONOV_LAW_RUNS || 100);
const seed = Number(process.env.TIKHONOV_LAW_SEED || 20200303);

describe('laws of the methods', () => {
  test.each(laws.map((each) => [each.id, each] as const))('%s', (_id, each) => {
    assertLaw(each, { runs, seed });
  });
});

test('every law has an id of its own that begins with its method, and a statement', () => {
  const ids = laws.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const known = methods.map(({ id }) => id);
  for (const { id, statement } of laws) {
    expect(known).toContain(id.split('/')[0]);
    expect(id).toMatch(/^[a-z0-9-]+\/[a-z0-9-]+$/);
    expect(statement).toMatch(/^.{20,250}\.$/);
  }
});

test('every method has at least two laws, a differentiable one also that of its derivatives', () => {
  for (const { id, gradientCases } of methods) {
    const own = laws.filter((each) => each.id.startsWith(`${id}/`)).map((each) => each.id);
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(own.includes(`${id}/gradients`)).toBe(gradientCases !== undefined);
  }
});

describe('the law about derivatives', () => {
  const l2Method = methods.find(({ id }) => id === 'l2')!;

  test('is falsified by a method that loses half of its derivative', () => {
    const wrong = {
      ...l2Method,
      gradientCases: (draw: CaseDraw): GradientCase => ({
        f: (x) => x!.mul(x!.detach()).sum(),
        args: [draw.tensor([2], { avoid: [0] })],
      }),
    };
    const [broken] = gradientLaw(wrong);
    expect(runLaw(broken!, { runs: 40, seed: 1 }).holds).toBe(false);
  });

  test('is falsified where the value is not a number', () => {
    const x = tensor(-1, { dtype: 'float64' });
    expect(gradientSlack({ f: (y) => sqrt(y!), args: [x] })).toBeNaN();
  });

  test('is near 1 for a smooth function', () => {
    const x = tensor(2, { dtype: 'float64' });
    expect(gradientSlack({ f: (y) => y!.mul(y!), args: [x] })).toBeGreaterThan(0.99);
  });
});
