import { canonicalText, copyOf, isSame } from './digest.js';
import { ImpureProjectionError } from './errors.js';
import type { ProjectedEvent, Projection } from './projection.js';

/** Which calls of a projection are made twice. */
export interface PuritySample {
  /** All of the first ones of a run: a mistake in a new projection shows at once. */
  readonly firstCalls: number;
  /** Then one in so many. */
  readonly oneIn: number;
}

export const RUNNING_SAMPLE: PuritySample = { firstCalls: 200, oneIn: 1_000 };
export const EVERY_CALL: PuritySample = { firstCalls: Number.POSITIVE_INFINITY, oneIn: 1 };

/** Far enough to be another day and another hour of it. */
const ELSEWHEN_MS = 3 * 86_400_000 + 7 * 3_600_000;

/**
 * The same projection, some of whose calls are made twice, at two times of day, on equal copies: answers that differ, or arguments that were
 * changed, throw ImpureProjectionError. A document must be a function of its events and of nothing else.
 */
export function watchedForPurity(projection: Projection, sample: PuritySample = RUNNING_SAMPLE): Projection {
  if (projection.appendOnly) {
    const isDue = sampler(sample);
    const documents = (event: ProjectedEvent): readonly object[] =>
      isDue()
        ? twice(projection, event, undefined, event, (e) => projection.documents(e))
        : projection.documents(event);
    return { ...projection, documents };
  }
  const [keysDue, evolveDue] = [sampler(sample), sampler(sample)];
  return {
    ...projection,
    keys: (event) =>
      keysDue() ? twice(projection, event, undefined, event, (e) => projection.keys(e)) : projection.keys(event),
    evolve: (doc, event, key) =>
      evolveDue()
        ? twice(projection, event, key, [doc, event] as const, ([d, e]) => projection.evolve(d, e, key))
        : projection.evolve(doc, event, key),
  };
}

function sampler({ firstCalls, oneIn }: PuritySample): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls <= firstCalls || calls % oneIn === 0;
  };
}

/** The first answer, if the second is the same and neither call changed what it was given. */
function twice<Given, Answer>(
  projection: Projection,
  event: ProjectedEvent,
  documentId: string | undefined,
  given: Given,
  call: (given: Given) => Answer,
): Answer {
  const impure = (how: string): ImpureProjectionError =>
    new ImpureProjectionError(projection.name, event, documentId, new Error(how));
  const copy = copyOf(given);
  const first = call(given);
  const wrong = unstorable(first);
  if (wrong !== undefined) throw impure(`it answers with ${wrong}, which is no plain value`);
  if (!isSame(given, copy)) throw impure('it changes the document or the event that it is given');
  const second = atAnotherTime(() => call(copy));
  if (isSame(first, second)) return first;
  throw impure(`folded twice it gives ${shortened(canonicalText(first))} and ${shortened(canonicalText(second))}`);
}

const RealDate = globalThis.Date;
const elsewhen = (): number => RealDate.now() + ELSEWHEN_MS;

const ShiftedDate = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [elsewhen()] : args, newTarget) as object,
  apply: () => new RealDate(elsewhen()).toString(),
  get: (target, name) => (name === 'now' ? elsewhen : (Reflect.get(target, name) as unknown)),
});

/** Runs a synchronous function while the clock of this program shows another day; nothing else can run meanwhile. */
function atAnotherTime<T>(run: () => T): T {
  const before = globalThis.Date;
  globalThis.Date = ShiftedDate;
  try {
    return run();
  } finally {
    globalThis.Date = before;
  }
}

/** What a value holds that a document can't: a promise, a date, a function, a symbol. */
function unstorable(value: unknown): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return firstOf(value);
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  // By name: it may be an object of another realm.
  const name = prototype?.constructor?.name;
  return prototype === null || name === 'Object' ? firstOf(Object.values(value)) : `a ${name}`;
}

function firstOf(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const wrong = unstorable(value);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const SHOWN = 200;

function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
