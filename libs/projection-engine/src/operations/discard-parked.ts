import { DomainError, systemClock } from '#libs/kernel';
import { storeOf, type Workshop } from './parked-sequence.js';
import { retryParked, type Retried } from './retry-parked.js';
import type { OperationLog } from './switch-build.js';

export interface DiscardRequest {
  /** Of the request. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * Leaves a parked event out of its sequence, for a reason that the audit trail keeps, and folds what waits behind it. Wherever the event can be
 * folded later (by a mended version, in a rebuild), it is. The same request once more, after it was cut off, comes to the same end.
 * @throws DomainError PARKED_EVENT_NOT_FOUND, PARKED_EVENT_WAITS, REASON_REQUIRED
 */
export async function discardParked(
  id: string,
  request: DiscardRequest,
  log: OperationLog,
  shop: Workshop,
): Promise<Retried> {
  const entry = await shop.store.parked.find(id);
  if (!entry) {
    const done = await shop.store.parked.findDiscard(id);
    if (done?.request === request.id) return { id, key: done.key, folded: 0, parked: null };
    throw notFound(id);
  }
  if (!entry.head)
    throw new DomainError('PARKED_EVENT_WAITS', `${id} has not failed: it waits behind another event of its sequence`);
  if (request.reason.trim() === '') throw new DomainError('REASON_REQUIRED', 'a discarded event needs a reason');
  const { model, scope, key, communityId, stream, revision, position, cause } = entry;
  const fact = {
    ...{ name: model, id, scope, key, communityId, stream },
    ...{ revision: revision.toString(), position: position.toString() },
    ...{ cause: cause ?? '', reason: request.reason },
  };
  await log.discarded(fact, request);
  const { reason, by } = request;
  const at = (shop.clock ?? systemClock).now();
  const store = storeOf(entry, shop);
  await store.readCheckpoint();
  if (!(await store.discard(id, { reason, by, at, request: request.id }))) throw notFound(id);
  return retryParked(id, shop);
}

function notFound(id: string): DomainError {
  return new DomainError('PARKED_EVENT_NOT_FOUND', `there is no parked event ${id}`);
}
