export type { Named, Transform } from './transform.ts';
