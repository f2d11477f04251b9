import type { Lag } from '#libs/projection-engine';
import { family } from '#libs/telemetry';
import type { ReadModelStatus } from './read-model-status.js';

/** How the read models are, in Prometheus' text format; nothing where the stores did not answer. */
export function statusLines(status: ReadModelStatus | undefined): string[] {
  const { lag = [], parked = NONE, broken = [], unknown = NONE } = status ?? {};
  const counts = new Map(broken.map(({ identity, count }) => [`identity="${identity}"`, count]));
  const first = new Map(broken.map(({ identity, firstPosition }) => [`identity="${identity}"`, Number(firstPosition)]));
  return [
    ...lagLines(lag),
    ...family('projection_parked', 'gauge', 'Sequences of events that stand still.', labelled('projection', parked)),
    ...family('identity_violations', 'gauge', 'Where an identity of the books does not hold.', counts),
    ...family('identity_first_violation_position', 'gauge', 'Position since which it does not.', first),
    ...family('log_unknown_events', 'gauge', 'Events of unknown types in the log.', labelled('type', unknown)),
  ];
}

const NONE: ReadonlyMap<string, number> = new Map();
const STATES = ['current', 'behind', 'stalled'] as const;

function lagLines(lag: readonly Lag[]): string[] {
  const byLag = (figure: (lag: Lag) => number) => new Map(lag.map((one) => [`projection="${one.name}"`, figure(one)]));
  const states = lag.flatMap(({ name, state }) =>
    STATES.map((each) => [`projection="${name}",state="${each}"`, state === each ? 1 : 0] as const),
  );
  return [
    ...family(
      'projection_lag_events',
      'gauge',
      'Events not folded yet.',
      byLag(({ events }) => events),
    ),
    ...family(
      'projection_lag_seconds',
      'gauge',
      'Age of the oldest of them.',
      byLag(({ ms }) => ms / 1000),
    ),
    ...family(
      'projection_state',
      'gauge',
      'current, behind, or stalled: events wait and nobody folds.',
      new Map(states),
    ),
    ...family(
      'projection_position',
      'gauge',
      'Position folded up to.',
      byLag(({ position }) => Number(position)),
    ),
  ];
}

function labelled(name: string, values: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...values].map(([label, value]) => [`${name}="${label}"`, value]));
}
