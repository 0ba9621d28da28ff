import { createHash } from 'node:crypto';
import { transformSync, version } from 'esbuild';

const options = { loader: 'ts', format: 'esm', target: 'es2022', sourcemap: 'inline' };

export default {
  canInstrument: false,
  getCacheKey: (source, file) =>
    createHash('sha256')
      .update([version, JSON.stringify(options), file, source].join('\0'))
      .digest('hex'),
  process: (source, file) => ({
    code: transformSync(source, { ...options, sourcefile: file }).code,
  }),
};
