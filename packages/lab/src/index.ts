export { renderJson } from './compare/json.ts';
export { type Outcomes, type RunAllOptions, runAll, tasksOf } from './compare/run-all.ts';
export {
  type CurvePoint,
  isFailure,
  type RunFailure,
  type RunResult,
  type RunTask,
  runOne,
  type Scores,
} from './compare/run-one.ts';
export {
  allMethods,
  type CompareSettings,
  defaults,
  type MethodSetting,
  settingOf,
} from './compare/settings.ts';
export { holm, type Paired, pairedTest, type Spread, spread } from './compare/statistics.ts';
export {
  conclusions,
  type Row,
  type Summary,
  summarize,
  type Verdict,
} from './compare/summarize.ts';
export { renderReport } from './report/html.ts';
