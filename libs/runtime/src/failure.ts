/** Codes of faults in what the user gave: exit status 2. Every other failure ends with 1. */
const BAD_INPUT = /_(INVALID|MISMATCH|NOT_EMPTY|NOT_FOUND|NOT_STANDALONE|REQUIRED)$/;

const CODE = /^[A-Z][A-Z0-9_]+$/;

interface Coded {
  readonly code: string;
  readonly message: string;
}

function isCoded(error: unknown): error is Coded {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && CODE.test(error.code);
}

/** The one line for stderr. Without a stable code it is a fault of the program, and its stack helps whoever reports it. */
export function failureLine(error: unknown): string {
  if (isCoded(error)) return `estate: ${error.code}: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`;
  return `estate: INTERNAL_ERROR: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export function exitStatus(error: unknown): 1 | 2 {
  return isCoded(error) && BAD_INPUT.test(error.code) ? 2 : 1;
}
