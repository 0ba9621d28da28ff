import { moduleOf } from '../runtime/module.ts';
import { type Host, hostHere } from './host.ts';
import { type Switch, withSwitches } from './switches.ts';

/**
 * The module of a program's bytes.
 *
 * @param switches  what is on while it is built
 * @throws CompileError if the page may not have one
 */
export function buildModule(
  bytes: Uint8Array<ArrayBuffer>,
  switches: readonly Switch[],
  host: Host = hostHere(),
): WebAssembly.Module {
  if (switches.length === 0) return moduleOf(bytes);
  const own = marked(bytes, switches.join(' '));
  return withSwitches(host, switches, () => moduleOf(own));
}

/**
 * The bytes with a custom section that says how they are built: V8 gives modules of the same bytes the
 * same code, and so would ignore the switches.
 */
function marked(bytes: Uint8Array<ArrayBuffer>, mark: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(mark);
  const out = new Uint8Array(bytes.length + name.length + 3);
  out.set(bytes);
  out.set([0, name.length + 1, name.length], bytes.length);
  out.set(name, bytes.length + 3);
  return out;
}
