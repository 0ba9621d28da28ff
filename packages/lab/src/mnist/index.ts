export { installedMnist } from './installed-mnist.ts';
export { mnistFiles, mnistHome } from './mnist-files.ts';
