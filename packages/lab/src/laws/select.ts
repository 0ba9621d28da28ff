import { UsageError } from '../usage-error.ts';

/** What `--only` takes, for help texts. */
export const onlyHelp =
  'only laws whose id contains the text; "=primitive/exp" is that operation, "=primitive/exp/vjp" that law';

/**
 * The laws that `--only` asks for. Text is looked for anywhere in an id; after `=` stands a whole id,
 * or its leading parts: `=primitive/exp` is not `primitive/expm1/vjp`.
 */
export function selectLaws<L extends { readonly id: string }>(
  laws: readonly L[],
  only: string,
): L[] {
  const whole = only.startsWith('=') ? only.slice(1).replace(/\/$/, '') : null;
  const chosen = laws.filter(({ id }) =>
    whole === null ? id.includes(only) : id === whole || id.startsWith(`${whole}/`),
  );
  if (chosen.length > 0) return chosen;
  throw new UsageError(
    whole === null
      ? `--only: no law's id contains "${only}"; --list lists them`
      : `--only: no law or operation is named "${whole}"; --list lists them`,
  );
}
