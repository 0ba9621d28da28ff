export { type Operation, type OperationCall, operation } from './operation.ts';
export { operationLaws, primitiveLaws } from './primitive-laws.ts';
export { type CaseStatistics, caseStatistics } from './statistics.ts';
