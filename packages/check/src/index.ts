export { type Law, law } from './law.ts';
