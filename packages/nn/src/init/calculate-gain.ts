/** What `calculateGain` knows. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'selu';

/**
 * The factor of a weight's standard deviation that makes up for what a nonlinearity loses, as PyTorch has
 * it: 1 for none and sigmoid, 5/3 for tanh, `sqrt(2)` for ReLU, `sqrt(2 / (1 + a^2))` for a leaky ReLU of
 * slope `a`, 3/4 for SELU.
 *
 * @param a  slope of a leaky ReLU. @defaultValue 0.01
 * @throws TypeError for an unknown name; RangeError for a slope that is not finite
 * @see He, Zhang, Ren & Sun, "Delving deep into rectifiers", ICCV 2015, arXiv 1502.01852
 * @example
 * ```ts
 * nn.init.calculateGain('leakyRelu', 1); // => 1
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      if (!Number.isFinite(a)) {
        throw new RangeError(`calculateGain: the slope of leakyRelu must be finite, got ${a}.`);
      }
      return Math.sqrt(2 / (1 + a * a));
    case 'selu':
      return 3 / 4;
    default:
      throw new TypeError(
        `calculateGain: unknown nonlinearity "${String(nonlinearity)}".\n  Use linear, conv1d, conv2d, conv3d, sigmoid, tanh, relu, leakyRelu or selu.`,
      );
  }
}
