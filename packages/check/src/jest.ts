export {
  type CloseOptions,
  type GradientArgs,
  type MatcherResult,
  type TensorLikeValues,
  type TensorMatchers,
  tensorMatchers,
} from './matchers.ts';
