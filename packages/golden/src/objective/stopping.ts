import {
  generalizationLoss,
  glUpdate,
  initialPatience,
  initialPrechelt,
  type PrecheltErrors,
  patienceUpdate,
  pqUpdate,
  trainingProgress,
  upUpdate,
} from '@tikhonov/train';
import type { Methods } from './adapter.ts';
import type { Arguments } from './arguments.ts';

/** What an update returns, as far as it matters here. */
interface Decision<State> {
  readonly state: State;
  readonly stop: string | null;
}

/** Goes through the epochs until a rule stops; `stopped` counts from 1. */
function follow<State, Errors>(
  start: State,
  epochs: readonly Errors[],
  update: (state: State, errors: Errors) => Decision<State>,
): { readonly state: State; readonly stopped: number | null } {
  let state = start;
  for (const [i, errors] of epochs.entries()) {
    const decision = update(state, errors);
    state = decision.state;
    if (decision.stop !== null) return { state, stopped: i + 1 };
  }
  return { state, stopped: null };
}

/** Pairs of a rule's setting and the epoch at which it stops. */
function table<State>(
  args: Arguments,
  name: string,
  stopsAt: (setting: number) => { readonly state: State; readonly stopped: number | null },
): readonly (readonly (number | null)[])[] {
  return args.settings(name, 1).map(([setting]) => [setting!, stopsAt(setting!).stopped]);
}

/** Prechelt's three criteria and patience over the curves of a case. */
function earlyStopping(args: Arguments): Readonly<Record<string, unknown>> {
  const [train, validation] = [args.numbers('train'), args.numbers('val')];
  const k = args.number('strip');
  const epochs = validation.map(
    (value, i): PrecheltErrors => ({
      validation: value,
      train: train[i]!,
    }),
  );
  let state = initialPrechelt;
  const best = epochs.map((errors) => {
    state = glUpdate(state, errors, { alpha: Number.MAX_VALUE, k }).state;
    return state.best!;
  });
  return {
    eOpt: best,
    generalizationLoss: validation.map((value, i) => generalizationLoss(value, best[i]!)),
    progress: args
      .settings('progress', 1)
      .map(([t]) => [t!, trainingProgress(train.slice(t! - k, t!))]),
    GL: table(args, 'GL', (alpha) =>
      follow(initialPrechelt, epochs, (now, errors) => glUpdate(now, errors, { alpha, k })),
    ),
    PQ: table(args, 'PQ', (alpha) =>
      follow(initialPrechelt, epochs, (now, errors) => pqUpdate(now, errors, { alpha, k })),
    ),
    UP: table(args, 'UP', (s) =>
      follow(initialPrechelt, epochs, (now, errors) => upUpdate(now, errors, { s, k })),
    ),
    patience: args.settings('patience', 2).map(([patience, minDelta]) => {
      const rule = { patience: patience!, minDelta: minDelta! };
      const end = follow(initialPatience, validation, (now, value) =>
        patienceUpdate(now, value, rule),
      );
      return [patience!, minDelta!, end.stopped, end.state.bestEpoch, end.state.best];
    }),
  };
}

/** Rules of early stopping. */
export const stopping: Methods = { early_stopping: { plain: earlyStopping } };
