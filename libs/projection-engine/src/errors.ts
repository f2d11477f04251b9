import type { ProjectedEvent } from './projection.js';

/**
 * A projection is wrong as a whole. It stops the drain: nothing of the batch is skipped or parked, and the checkpoint stays before it.
 * `code` is stable; the message names projection, event and document.
 */
export class ProjectionError extends Error {
  override readonly name: string = 'ProjectionError';
  readonly code: string = 'PROJECTION_FAILED';

  constructor(
    readonly projection: string,
    readonly event: Pick<ProjectedEvent, 'stream' | 'revision' | 'position' | 'type'>,
    /** undefined: the event's keys could not be computed. */
    readonly documentId: string | undefined,
    cause: unknown,
  ) {
    const where = `${event.type} ${event.stream}@${event.revision} (position ${event.position})`;
    const document = documentId === undefined ? 'its keys' : `document ${documentId}`;
    super(`Projection ${projection} failed on ${where}, ${document}: ${reasonOf(cause)}`, { cause });
  }
}

/** A projection is no function of its events. No document is to blame, so none is set aside: the projection is wrong as a whole. */
export class ImpureProjectionError extends ProjectionError {
  override readonly name = 'ImpureProjectionError';
  override readonly code = 'PROJECTION_IMPURE';
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
