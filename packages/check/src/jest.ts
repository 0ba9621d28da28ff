export {
  type CloseOptions,
  type MatcherResult,
  type TensorLikeValues,
  type TensorMatchers,
  tensorMatchers,
} from './matchers.ts';
