import { describe, expect, test } from '@jest/globals';
import { methods } from '@tikhonov/regularizers';
import { settingsFrom } from '../src/compare/options.ts';
import { checkFlags, parseNames, parseNumber } from '../src/flags.ts';

describe('parseNumber', () => {
  test('says what is allowed and what was given', () => {
    expect(() => parseNumber('seeds', '0', { integer: true, min: 1 })).toThrow(
      '--seeds must be a whole number at least 1, got "0"',
    );
    expect(() => parseNumber('p', '1', { min: 0, max: 1, open: 'max' })).toThrow('below 1');
    expect(() => parseNumber('x', '', {})).toThrow('must be a number');
    expect(() => parseNumber('x', 'Infinity', {})).toThrow('must be a number');
    expect(parseNumber('x', '1e-3', { min: 0 })).toBe(1e-3);
  });
});

describe('parseNames', () => {
  test('suggests a near name and lists the known ones', () => {
    expect(() => parseNames('methods', 'dropuot', ['l2', 'dropout'])).toThrow(
      'unknown name "dropuot" (did you mean dropout?); known: l2, dropout',
    );
  });

  test('drops repetitions', () => {
    expect(parseNames('methods', 'l2, l2', ['l2'])).toEqual(['l2']);
  });
});

describe('checkFlags', () => {
  const args = { seeds: { type: 'string' }, quiet: { type: 'boolean' } } as const;

  test('accepts both ways of giving a value', () => {
    expect(() => checkFlags(['--seeds', '3', '--quiet'], args)).not.toThrow();
    expect(() => checkFlags(['--seeds=3'], args)).not.toThrow();
  });

  test('refuses unknown options, missing values and stray words', () => {
    expect(() => checkFlags(['--seed', '3'], args)).toThrow('did you mean --seeds?');
    expect(() => checkFlags(['--seeds'], args)).toThrow('--seeds needs a value');
    expect(() => checkFlags(['--seeds', '--quiet'], args)).toThrow('--seeds needs a value');
    expect(() => checkFlags(['--seeds', '3', '--seeds=2'], args)).toThrow('--seeds is given twice');
    expect(() => checkFlags(['--quiet=no'], args)).toThrow('--quiet takes no value');
    expect(() => checkFlags(['--toString', '1'], args)).toThrow('unknown option --toString');
    expect(() => checkFlags(['l2'], args)).toThrow('unexpected argument "l2"');
  });
});

describe('settingsFrom', () => {
  test('takes a strength for one method', () => {
    const { methods } = settingsFrom({ methods: 'l2', 'l2-lambda': '0.5' });
    expect(methods).toEqual([{ id: 'l2', values: expect.objectContaining({ lambda: 0.5 }) }]);
  });

  test('refuses a negative strength and a strength for a method that does not run', () => {
    expect(() => settingsFrom({ methods: 'l2', 'l2-lambda': '-1' })).toThrow(
      '--l2-lambda must be a number at least 0',
    );
    expect(() => settingsFrom({ methods: 'l1', 'l2-lambda': '1' })).toThrow(
      '--l2-lambda is given, but l2 is not among --methods',
    );
  });

  test('names a strength once when it is called like its method', () => {
    const { methods } = settingsFrom({ methods: 'weight-decay', 'weight-decay': '0.1' });
    expect(methods).toEqual([{ id: 'weight-decay', values: { weightDecay: 0.1 } }]);
  });

  test('refuses a validation share that holds out nobody', () => {
    const flags = { methods: 'early-stopping', 'early-stopping-validation-fraction': '0.001' };
    expect(() => settingsFrom(flags)).toThrow('early-stopping would hold out 0 of 300');
  });

  test('compiles unless asked not to', () => {
    expect(settingsFrom({}).compiled).toBe(true);
    expect(settingsFrom({ eager: true }).compiled).toBe(false);
  });

  test('refuses unknown data sets', () => {
    expect(() => settingsFrom({ dataset: 'imagenet' })).toThrow('unknown name "imagenet"');
  });

  test('a network and its sizes', () => {
    expect(settingsFrom({}).network).toEqual({ kind: 'mlp', hidden: [256] });
    expect(settingsFrom({ hidden: '8,4' }).network).toEqual({ kind: 'mlp', hidden: [8, 4] });
    const { network, labelNoise, trainSize } = settingsFrom({ dataset: 'mnist', model: 'cnn' });
    expect([network.kind, labelNoise, trainSize]).toEqual(['cnn', 0, 1000]);
    expect(settingsFrom({ model: 'resnet', channels: '4,8', blocks: '1' }).network).toEqual({
      kind: 'resnet',
      channels: [4, 8],
      blocks: 1,
      norm: 'batch',
    });
    expect(() => settingsFrom({ blocks: '2' })).toThrow(
      'an mlp has no blocks; --blocks is for resnet',
    );
    expect(() => settingsFrom({ channels: '2' })).toThrow(
      'an mlp has no channels; --channels is for cnn and resnet',
    );
    expect(() => settingsFrom({ model: 'resnet', hidden: '8' })).toThrow(
      'a resnet has no hidden layers of units; --hidden is for mlp and cnn',
    );
    expect(() => settingsFrom({ model: 'transformer' })).toThrow('unknown name "transformer"');
    expect(() => settingsFrom({ data: 'there' })).toThrow('digits is bundled');
    expect(settingsFrom({ dataset: 'mnist', 'train-size': '60000' }).trainSize).toBe(60_000);
    expect(() => settingsFrom({ 'train-size': '1501' })).toThrow('at most 1500');
  });

  test('a method that does nothing to the network is refused by name, and left out of all', () => {
    const image = methods.find(({ networks }) => networks?.includes('mlp') === false);
    if (image === undefined) return;
    expect(() => settingsFrom({ methods: image.id })).toThrow(
      `${image.id} does nothing to --model mlp; choose --model `,
    );
    const all = settingsFrom({ methods: 'all' }).methods.map(({ id }) => id);
    expect(all).not.toContain(image.id);
    expect(all).toContain('l2');
  });
});
