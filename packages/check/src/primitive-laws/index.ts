export { primitiveLaws } from './primitive-laws.ts';
