import { readFile } from 'node:fs/promises';
import { type Tensor, tensor } from '@tikhonov/core';
import { readCsv, type Table } from '@tikhonov/data';
import { UsageError } from '../usage-error.ts';
import type { NeededData } from './reproduction.ts';

/** The eight predictors, in the book's order. */
export const predictors = [
  'lcavol',
  'lweight',
  'age',
  'lbph',
  'svi',
  'lcp',
  'gleason',
  'pgg45',
] as const;

/** What `--data` is for. */
export const prostateData: NeededData = {
  what: 'the prostate cancer data of The Elements of Statistical Learning',
  hint: `A CSV with the columns ${predictors.join(', ')}, lpsa and train (T or F); the book's site has it.`,
};

/** Standardised predictors and the response, float64, in the book's two parts. */
export interface Prostate {
  readonly train: { readonly x: Tensor; readonly y: Tensor };
  readonly test: { readonly x: Tensor; readonly y: Tensor };
}

/** Reads the file; predictors are standardised over all 97 men, as in the book. */
export async function loadProstate(path: string): Promise<Prostate> {
  const bytes = await readFile(path).catch(() => {
    throw new UsageError(`--data: cannot read ${path}`);
  });
  const table: Table = await readCsv(bytes);
  const missing = [...predictors, 'lpsa', 'train'].filter((name) => !table.columns.includes(name));
  if (missing.length > 0) {
    throw new UsageError(`--data: ${path} has no column ${missing.join(', ')}`);
  }
  const options = { dtype: 'float64' } as const;
  const x = table.tensor(predictors, options);
  const y = table.tensor(['lpsa'], options).reshape([-1]);
  const { y: part, classes } = table.labels('train');
  const isTrain = Array.from(part.data(), (label) => classes[label]! === 'T');
  const centred = x.sub(x.mean({ axis: 0 }));
  const scale = centred
    .mul(centred)
    .sum({ axis: 0 })
    .div(x.shape[0]! - 1);
  const rows = centred.div(scale.pow(0.5)).toArray<number[][]>();
  const responses = y.toArray<number[]>();
  const pick = (wanted: boolean) => ({
    x: tensor(
      rows.filter((_, i) => isTrain[i] === wanted),
      options,
    ),
    y: tensor(
      responses.filter((_, i) => isTrain[i] === wanted),
      options,
    ),
  });
  return { train: pick(true), test: pick(false) };
}
