/**
 * A failure between this program and the event store; `code` is stable. Not a DomainError: it is no refusal of a decision, and mostly
 * says nothing about whether something was stored.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Somebody else wrote first. The stream has at least revision `actual` (no more, if that is less than expected); −1: no stream. */
export class WrongExpectedRevision extends StoreError {
  override readonly name = 'WrongExpectedRevision';

  constructor(
    readonly stream: string,
    readonly expected: bigint,
    readonly actual: bigint,
  ) {
    super('WRONG_EXPECTED_REVISION', `Stream ${stream} is at revision ${actual}, not at ${expected}`);
  }
}

/** The store could not be asked whether the events were written: the same command may be sent again, nothing will be doubled. */
export class AppendOutcomeUnknown extends StoreError {
  override readonly name = 'AppendOutcomeUnknown';

  constructor(stream: string, cause: unknown) {
    super(
      'APPEND_OUTCOME_UNKNOWN',
      `It is not known whether the events for ${stream} were stored: ${messageOf(cause)}`,
    );
    this.cause = cause;
  }
}

/** The store does not answer, or not in time. */
export class StoreUnavailable extends StoreError {
  override readonly name = 'StoreUnavailable';

  constructor(what: string, cause: unknown) {
    super('STORE_UNAVAILABLE', `The event store does not answer (${what}): ${messageOf(cause)}`);
    this.cause = cause;
  }
}

/** The store answered, and refused for good: access, size, a deleted stream, a bad argument. */
export class StoreRefused extends StoreError {
  override readonly name = 'StoreRefused';

  constructor(code: string, message: string, cause?: unknown) {
    super(code, message);
    this.cause = cause;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
