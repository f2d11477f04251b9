import type { EventStore, StoredEvent } from '#libs/event-store';
import { DomainError, parseCommunityId, parseId, streamName } from '#libs/kernel';

/** What reports need to know of a community. */
export interface Community {
  readonly communityId: string;
  readonly currency: string;
  readonly timeZone: string;
}

async function firstEvent(store: EventStore, stream: string): Promise<StoredEvent | undefined> {
  for await (const [event] of store.readStream(stream, { limit: 1 })) return event;
  return undefined;
}

/** Reads a community's registration. Throws ID_INVALID, COMMUNITY_NOT_FOUND. */
export async function findCommunity(store: EventStore, text: string): Promise<Community> {
  const communityId = parseCommunityId(text);
  const registered = await firstEvent(store, streamName('community', communityId, communityId));
  if (!registered) throw new DomainError('COMMUNITY_NOT_FOUND', `there is no community '${communityId}'`);
  const { currency, timeZone } = registered.data as unknown as Community;
  return { communityId, currency, timeZone };
}

/** Throws ID_INVALID, ACCOUNT_NOT_FOUND; returns the account's id as stored (NFC). */
export async function findAccount(store: EventStore, communityId: string, text: string): Promise<string> {
  const accountId = parseId(text);
  if (!(await firstEvent(store, streamName('account', communityId, accountId)))) {
    throw new DomainError('ACCOUNT_NOT_FOUND', `there is no account '${accountId}' in community '${communityId}'`);
  }
  return accountId;
}
