import type { EventStore } from '#libs/event-store';
import { DomainError, parseId, streamName } from '#libs/kernel';
import { CASE_KINDS, type CaseKind } from '#libs/service-desk';

export interface FoundCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly stream: string;
}

/** As people write the number that a stream is named by: 2026-000123 for 2026/000123. */
const HUMAN_NUMBER = /^(\d{4})-(\d{6,})$/;

/** Finds a case of any kind by its id or human number. Throws ID_INVALID, CASE_NOT_FOUND. */
export async function findCase(store: EventStore, communityId: string, text: string): Promise<FoundCase> {
  const id = parseId(text);
  const number = HUMAN_NUMBER.exec(id);
  for (const caseId of number ? [id, `${number[1]}/${number[2]}`] : [id]) {
    for (const kind of CASE_KINDS) {
      const stream = streamName(kind, communityId, caseId);
      for await (const page of store.readStream(stream, { limit: 1 })) {
        if (page.length > 0) return { caseId, kind, stream };
      }
    }
  }
  throw new DomainError('CASE_NOT_FOUND', `there is no case '${id}' in community '${communityId}'`);
}
