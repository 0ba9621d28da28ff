// Not published: its presence tells the launcher that this is a checkout, whose dist may be stale.
export { build } from '../../.config/build.mjs';
