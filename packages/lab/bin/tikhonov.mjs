#!/usr/bin/env node
import { existsSync } from 'node:fs';

// In a checkout, bundle first (a fraction of a second) so that an edit is never run stale.
const devBuild = new URL('../dev-build.mjs', import.meta.url);
if (existsSync(devBuild)) await (await import(devBuild.href)).build();

await import('../dist/cli.js');
