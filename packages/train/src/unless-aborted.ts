/**
 * What a promise gives; or null when the signal aborts, so many milliseconds later. The promise is then left
 * to itself.
 */
export function unlessAborted<T>(
  pending: Promise<T>,
  signal: AbortSignal | undefined,
  grace: number = 0,
): Promise<T | null> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = (): void => {
      if (grace === 0) resolve(null);
      else timer = setTimeout(resolve, grace, null);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    pending.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', leave);
      clearTimeout(timer);
    });
  });
}
