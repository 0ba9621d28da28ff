import { describe, expect, test } from '@jest/globals';
import {
  Cell,
  cond,
  exp,
  greater,
  logicalAnd,
  sum,
  type Tensor,
  tensor,
  whileLoop,
} from '@tikhonov/core';
import { check } from '@tikhonov/core/engine';
import { checkGraph } from '../../src/graph/check.ts';
import { printGraph } from '../../src/graph/print.ts';
import { eliminateDead } from '../../src/passes/eliminate-dead.ts';
import { optimize } from '../../src/passes/pipeline.ts';
import { graphOf, textOf } from '../support.ts';

const x = tensor([1, 2]);

describe('branches', () => {
  test('lose the results that nobody uses, and what they were given for these', () => {
    const graph = graphOf(
      (a: Tensor, b: Tensor) => {
        const [first] = cond<readonly Tensor[]>(
          greater(sum(a), 0),
          () => [exp(a), b.mul(2)],
          () => [a.neg(), b.mul(3)],
        );
        return first!;
      },
      x,
      x,
    );
    expect(textOf(graph, eliminateDead)).toBe(
      [
        '%0 = input float32[2]',
        '%1 = input float32[2]',
        '%2 = constant 0 float32[]',
        '%3 = sum(%0) { axes: [0] } float32[1]',
        '%4 = reshape(%3) { shape: [] } float32[]',
        '%5 = less(%2, %4) bool[]',
        '%6 = cond(%5, %0) float32[2]',
        '  onTrue(%7 float32[2])',
        '    %8 = exp(%7) float32[2]',
        '    return %8',
        '  onFalse(%9 float32[2])',
        '    %10 = neg(%9) float32[2]',
        '    return %10',
        'return %6',
      ].join('\n'),
    );
  });

  test('stay for what they check, though nobody uses their results', () => {
    const graph = graphOf((a: Tensor) => {
      cond(
        greater(sum(a), 0),
        () => {
          check(greater(sum(a), 1), () => new RangeError('too small'));
          return a;
        },
        () => a,
      );
      return a.neg();
    }, x);
    const text = textOf(graph, eliminateDead);
    expect(text).toContain('cond(');
    expect(text).toContain('check(');
  });

  test('go, if nobody uses their results and they check nothing', () => {
    const graph = graphOf((a: Tensor) => {
      cond(
        greater(sum(a), 0),
        () => exp(a),
        () => a,
      );
      return a.neg();
    }, x);
    expect(textOf(graph, eliminateDead)).not.toContain('cond(');
  });

  test('without dead results stay as they are', () => {
    const graph = eliminateDead.run(
      graphOf(
        (a: Tensor) =>
          cond(
            greater(sum(a), 0),
            () => exp(a),
            () => a,
          ),
        x,
      ),
    );
    expect(eliminateDead.run(graph)).toBe(graph);
  });
});

describe('regions are made simpler like programs', () => {
  const countOf = (text: string, name: string): number => text.split(`= ${name}(`).length - 1;

  test('in branches', () => {
    const f = (a: Tensor): Tensor =>
      cond(
        greater(sum(a), 0),
        () => exp(a).add(exp(a)).mul(1),
        () => a.neg().neg(),
      );
    const graph = optimize(graphOf(f, x));
    checkGraph(graph);
    const text = printGraph(graph);
    expect([countOf(text, 'exp'), countOf(text, 'mul'), countOf(text, 'neg')]).toEqual([1, 0, 0]);
  });

  test('in the bodies of loops, and in branches within these', () => {
    const cell = new Cell(x);
    const graph = optimize(
      graphOf(
        (a: Tensor) =>
          whileLoop(
            ([y]) => logicalAnd(greater(sum(y!), 1), greater(sum(y!), 1)),
            ([y]) => {
              cell.write(y!.neg().neg());
              return [
                cond(
                  greater(sum(y!), 9),
                  () => exp(y!).add(exp(y!)),
                  () => y!,
                ).mul(1),
              ];
            },
            [a],
            { maxSteps: 5 },
          ),
        x,
      ),
    );
    checkGraph(graph);
    const text = printGraph(graph);
    for (const [name, count] of Object.entries({ exp: 1, mul: 0, neg: 0, logicalAnd: 0 })) {
      expect(`${name} ${countOf(text, name)}`).toBe(`${name} ${count}`);
    }
  });
});
