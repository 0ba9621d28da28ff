import { expect, test } from '@jest/globals';
import { compareHelp } from '../src/compare/command.ts';
import { lawsHelp } from '../src/laws/command.ts';

test('the help of both commands fits 80 columns and holds no escape codes', () => {
  for (const text of [compareHelp(), lawsHelp()]) {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.includes('\u001b')).toBe(false);
  }
});

test('the help of compare names every method and its arguments', () => {
  expect(compareHelp()).toMatch(/--methods <a,b,...>[^-]*none/);
  expect(compareHelp()).toContain('label-smoothing,');
  expect(compareHelp()).toContain('--early-stopping-validation-fraction <number>');
});
