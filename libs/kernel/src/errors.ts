/** A refusal or a broken rule with a stable code (SCREAMING_SNAKE) that callers, tests and the HTTP table rely on. */
export class DomainError extends Error {
  override readonly name: string = 'DomainError';

  constructor(
    readonly code: string,
    message: string,
    readonly details?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}
