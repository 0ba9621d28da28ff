import { describe, expect, test } from '@jest/globals';
import { chooser, type Host, type Outcome, type Request } from '../../src/engine/index.ts';
import { fakeHost, fakeTrial } from './support.ts';

const nothing: Request = { deterministic: false, wide: false, eagerTier: false };
const wide = { ...nothing, wide: true };
const eagerTier = { ...nothing, eagerTier: true };

const packed = { 'optimized wide': { best: 0.5 } };

const reasonOf = (
  request: Request,
  changes: Partial<Host>,
  outcomes: Readonly<Record<string, Partial<Outcome>>> = packed,
): string | undefined => {
  const { report, switches } = chooser(fakeHost(changes), fakeTrial(outcomes))(request);
  // Whatever was not given was not used.
  expect(report).toMatchObject({ wide: false, eagerTier: false });
  expect(switches).toEqual([]);
  return report.reason;
};

describe('without options', () => {
  test('no trial is made, no flag set, and no reason given', () => {
    const [host, trial] = [fakeHost(), fakeTrial({})];
    const { switches, report } = chooser(host, trial)(nothing);
    expect(switches).toEqual([]);
    expect(report).not.toHaveProperty('reason');
    expect(trial.made).toEqual([]);
    expect(host.set).toEqual([]);
  });
});

describe('wide', () => {
  test('takes packed kernels that are right and fast', () => {
    const { profile, switches, report } = chooser(fakeHost(), fakeTrial(packed))(wide);
    expect(profile.wide).toBe(true);
    expect(switches).toEqual(['optimized', 'wide']);
    expect(report).toEqual({ relaxed: profile.relaxed, wide: true, eagerTier: true });
  });

  test('does without kernels that compute something else', () => {
    expect(reasonOf(wide, {}, { 'optimized wide': { best: 0.5, right: false } })).toBe(
      'wide: a trial computed something else',
    );
  });

  test('does without kernels that packing does not make faster', () => {
    expect(reasonOf(wide, {}, { 'optimized wide': { best: 0.9 } })).toBe(
      'wide: a trial took 0.90 of the plain time',
    );
    expect(reasonOf(wide, {}, { 'optimized wide': { best: Number.NaN } })).toBe(
      'wide: a trial took NaN of the plain time',
    );
  });

  test('says that browsers and other engines have no flags, and that none are set elsewhere', () => {
    expect(reasonOf(wide, { flags: null })).toBe('wide: only Node lets flags of V8 be set');
    expect(reasonOf(wide, { v8: undefined })).toBe('wide: the version of V8 is not known');
    expect(reasonOf(wide, { arch: 'arm64' })).toBe(
      'wide: V8 widens vectors on x64 only, not on arm64',
    );
  });

  test('does not try flags on a V8 that does not know them', () => {
    const [host, trial] = [fakeHost({ v8: '12.4.254.21-node.33' }), fakeTrial(packed)];
    const { report } = chooser(host, trial)({ ...wide, deterministic: true });
    expect(report.reason).toBe(
      'wide: V8 12.4.254.21-node.33 has no 256-bit vectors (V8 13 has, in Node 24)',
    );
    expect(trial.made).toEqual([]);
    expect(host.set).not.toContain('--experimental-wasm-revectorize');
  });

  test('a trial that throws is a reason, too', () => {
    const trial = (): Outcome => {
      throw new Error('out of memory');
    };
    const { report } = chooser(fakeHost(), trial)(wide);
    expect(report).toMatchObject({ wide: false, reason: 'wide: out of memory' });
  });

  test('with deterministic keeps the kernels, so that no result changes', () => {
    const choose = chooser(fakeHost(), fakeTrial(packed));
    const plain = choose({ ...nothing, deterministic: true });
    const { profile, report } = choose({ ...wide, deterministic: true });
    expect(profile).toEqual(plain.profile);
    expect(report).toEqual({ relaxed: false, wide: true, eagerTier: true });
  });
});

describe('eagerTier', () => {
  test('is given if the first calls are faster', () => {
    const trial = fakeTrial({ optimized: { first: 1 } });
    const { switches, report } = chooser(fakeHost(), trial)(eagerTier);
    expect(switches).toEqual(['optimized']);
    expect(report).toMatchObject({ wide: false, eagerTier: true });
    expect(report).not.toHaveProperty('reason');
  });

  test('is not given otherwise', () => {
    expect(reasonOf(eagerTier, {}, { optimized: { first: 2.9 } })).toBe(
      'eagerTier: the first calls took 0.97 of their time without it',
    );
    expect(reasonOf(eagerTier, {}, { optimized: { first: 1, right: false } })).toBe(
      'eagerTier: the optimised code computed something else',
    );
    expect(reasonOf(eagerTier, { flags: null })).toBe(
      'eagerTier: only Node lets flags of V8 be set',
    );
  });

  test('stays when wide is not given, and both reasons are told', () => {
    const trial = fakeTrial({ optimized: { first: 1 } });
    const { report } = chooser(fakeHost(), trial)({ ...wide, eagerTier: true });
    expect(report).toMatchObject({ wide: false, eagerTier: true });
    expect(report.reason).toBe('wide: a trial took 1.00 of the plain time');
    expect(reasonOf({ ...wide, eagerTier: true }, { flags: null })).toBe(
      'wide: only Node lets flags of V8 be set; eagerTier: only Node lets flags of V8 be set',
    );
  });
});

test('trials are made once, however many programs are built', () => {
  const trial = fakeTrial({ ...packed, optimized: { first: 1 } });
  const choose = chooser(fakeHost(), trial);
  for (const request of [wide, wide, eagerTier, { ...wide, deterministic: true }, eagerTier]) {
    choose(request);
  }
  const ways = trial.made.map((switches) => switches.join(' ')).sort();
  expect(ways).toEqual(['', 'optimized', 'optimized wide']);
});
