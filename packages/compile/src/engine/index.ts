export {
  chooser,
  type Engine,
  type EngineReport,
  engineFor,
  type Request,
  requireEngine,
} from './engine.ts';
export { type FlagSetter, type Host, hostHere } from './host.ts';
export { buildModule } from './module.ts';
export { type Switch, withSwitches } from './switches.ts';
export { type Outcome, type Trial, tryProduct } from './trial.ts';
