import type { VaultSubject } from '#libs/event-store';
import { DomainError, isWellFormed } from '#libs/kernel';

/** UTF-8 bytes of what a customer or an agent may write at once. */
export const MAX_TEXT_BYTES = 65_536;

/** One key per case: destroying it erases what was written in the case, and nothing else. */
export function vaultSubjectOf(communityId: string, kind: string, caseId: string): VaultSubject {
  return { communityId, subject: `${kind}/${caseId}` };
}

/** @throws DomainError TEXT_TOO_LARGE, TEXT_INVALID */
export function checkText(text: string): string {
  // Code units first: a text may arrive as megabytes.
  if (text.length > MAX_TEXT_BYTES || Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    throw new DomainError('TEXT_TOO_LARGE', `A text has at most ${MAX_TEXT_BYTES} bytes`);
  }
  if (!isWellFormed(text)) throw new DomainError('TEXT_INVALID', 'A text holds no broken characters');
  return text;
}
