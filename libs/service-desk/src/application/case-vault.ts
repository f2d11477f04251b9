import { DomainError, isWellFormed, type Json } from '#libs/kernel';
import type { Envelope } from '../domain/case.events.js';

/** What the service desk needs of the vault; the event store's vault has this shape and is bound to it where the app is put together. */
export abstract class CaseVault {
  /** Seals a value under the key of a subject, which is made if there is none. */
  abstract seal(communityId: string, subject: string, value: Json): Promise<Envelope>;
  /** A keyed hash, so that a command's input says whether a text is the same without giving it away (ADR 0001). */
  abstract fingerprint(communityId: string, subject: string, value: Json): Promise<string>;
}

/** UTF-8 bytes of what a customer or an agent may write at once. */
export const MAX_TEXT_BYTES = 65_536;

/** One key per case: destroying it erases what was written in the case, and nothing else. */
export function vaultSubjectOf(kind: string, caseId: string): string {
  return `case/${kind}/${caseId}`;
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
