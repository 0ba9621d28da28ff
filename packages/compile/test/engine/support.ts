import type { Host, Outcome, Switch, Trial } from '../../src/engine/index.ts';

/** A host whose flags are a list of what was set. */
export function fakeHost(changes: Partial<Host> = {}): Host & { readonly set: string[] } {
  const set: string[] = [];
  return {
    flags: { setFlagsFromString: (flag) => void set.push(flag) },
    v8: '13.6.233.17-node.53',
    arch: 'x64',
    started: [],
    ...changes,
    set,
  };
}

const ordinary: Outcome = { right: true, first: 3, best: 1 };

/** Trials that come out as told by the switches they are made with, and as ordinary without. */
export function fakeTrial(
  outcomes: Readonly<Record<string, Partial<Outcome>>>,
): Trial & { readonly made: (readonly Switch[])[] } {
  const made: (readonly Switch[])[] = [];
  const trial: Trial = (_host, _profile, switches) => {
    made.push(switches);
    return { ...ordinary, ...outcomes[switches.join(' ')] };
  };
  return Object.assign(trial, { made });
}
