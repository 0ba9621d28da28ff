import { compile } from '@tikhonov/compile';
import * as tk from 'tikhonov';
import type { Adapter } from '../peer.ts';
import { workloads } from '../workloads/workload.ts';
import { oursWith, type Wrap } from './ours-adapter.ts';

/** The calls that a program is checked in, after which it is known whether it is wide. */
const settling = 3;

/** Compilation for 256-bit vectors; a program that gets none throws why, rather than be timed. */
const wideOnly: Wrap = (f) => {
  const compiled = compile(f, { wide: true });
  let calls = 0;
  return (...args) => {
    const results = compiled(...args);
    if (calls < settling && ++calls === settling) {
      const { wide, reason } = compiled.explain()[0]!.engine;
      if (!wide) throw new Error(`bench: ${reason}`);
    }
    return results;
  };
};

/** This library, compiled for 256-bit vectors; nothing at all where the engine gives none. */
export function oursWide(): Adapter {
  const probe = compile((x: tk.Tensor) => tk.mul(x, x), { wide: true });
  probe(tk.ones([4]));
  const { wide, reason = 'wide: the engine has no 256-bit vectors' } = probe.explain()[0]!.engine;
  const version = 'tikhonov, compiled, wide';
  if (wide) return oursWith(version, wideOnly);
  return { version, lacks: Object.fromEntries(workloads.map(({ id }) => [id, reason])) };
}
