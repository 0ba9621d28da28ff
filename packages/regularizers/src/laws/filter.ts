import { drawn, type Law, law } from '@tikhonov/check';
import type { Tensor } from '@tikhonov/core';
import type { SelectOptions } from '../parameters.ts';
import { near } from './slack.ts';

/** The law that a filter leaves out all parameters but those whose path it accepts. */
export const filterLaw = (
  id: string,
  penalty: (params: Readonly<Record<string, Tensor>>, options: SelectOptions) => Tensor,
): Law =>
  law({
    id: `${id}/filter`,
    statement: 'With a filter the penalty is that of the parameters whose paths it accepts.',
    cases: drawn((draw) => ({
      kept: draw.tensor([2, 2], { avoid: [0] }),
      other: draw.tensor([2, 2], { avoid: [0] }),
    })),
    slack: ({ kept, other }) =>
      near(
        penalty({ other, kept }, { filter: (name) => name === 'kept' }),
        penalty({ kept }, {}),
        1e-13,
      ),
    effort: 0.2,
  });
