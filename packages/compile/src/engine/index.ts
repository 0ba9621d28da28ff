export {
  chooser,
  type Engine,
  type EngineReport,
  engineFor,
  type Request,
  requireEngine,
} from './engine.ts';
export type { FlagSetter, Host } from './host.ts';
export type { Instance } from './instance.ts';
export { type Switch, withSwitches } from './switches.ts';
export type { Outcome, Trial } from './trial.ts';
export { buildModule, hostHere, instantiate, tryProduct } from './v8.ts';
