let depth = 0;

/** Whether losses are wanted as they are, without what turns them round below a level. */
export const wantsPlainLoss = (): boolean => depth > 0;

/**
 * Calls a function whose losses shall say what is worse for the model: flooding leaves them alone meanwhile,
 * since below its level the flooded loss falls where the loss itself grows.
 */
export function withPlainLoss<T>(f: () => T): T {
  depth += 1;
  try {
    return f();
  } finally {
    depth -= 1;
  }
}
