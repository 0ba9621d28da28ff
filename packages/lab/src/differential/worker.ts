export { runDifferential as default } from './tasks.ts';
