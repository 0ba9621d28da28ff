export { runTask as default } from './deep/tasks.ts';
