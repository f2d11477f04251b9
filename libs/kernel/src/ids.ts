import { DomainError } from './errors.js';

const ID = /^[A-Za-z0-9_\-./\p{Script=Han}]{1,64}$/u;
const PLAIN_ID = /^[A-Za-z0-9_\-./]{1,64}$/;
const PLAIN_COMMUNITY_ID = /^[A-Za-z0-9_/]{1,64}$/;
const COMMUNITY_ID = /^[A-Za-z0-9_/\p{Script=Han}]{1,64}$/u;
const STREAM = /^([a-z]+)-([A-Za-z0-9_/\p{Script=Han}]{1,64})\.([A-Za-z0-9_\-./\p{Script=Han}]{1,64})$/u;
const PLAIN_STREAM = /^([a-z]+)-([A-Za-z0-9_/]{1,64})\.([A-Za-z0-9_\-./]{1,64})$/;
/** Tabs and line ends are text (a quoted field may hold them); other control characters are not. */
const PLAIN_REFERENCE = /^[ -~]{0,128}$/;
const CONTROL = /[^\P{Cc}\t\n\r]/u;
const REFERENCE_LENGTH = 128;

/**
 * An account, unit or party id (D17): NFC, 1–64 code points of `A-Z a-z 0-9 _ - . /` and Chinese (Script=Han).
 * @throws DomainError ID_INVALID
 */
export function parseId(text: string): string {
  if (PLAIN_ID.test(text)) return text;
  const id = text.normalize('NFC');
  if (!ID.test(id)) throw idInvalid('id', text);
  return id;
}

/** A community id (D17): as an id, but without `-` and `.`, which separate the parts of a stream's name. @throws DomainError ID_INVALID */
export function parseCommunityId(text: string): string {
  if (PLAIN_COMMUNITY_ID.test(text)) return text;
  const id = text.normalize('NFC');
  if (!COMMUNITY_ID.test(id)) throw idInvalid('community id', text);
  return id;
}

/**
 * A plain reference without personal data: at most 128 code points, '' allowed. Lone surrogates and control
 * characters other than tabs and line ends are refused.
 * @throws DomainError REFERENCE_INVALID
 */
export function parseReference(text: string): string {
  if (PLAIN_REFERENCE.test(text)) return text;
  // Length in code units first: a reference may arrive as a field of megabytes.
  const tooLong =
    text.length > 2 * REFERENCE_LENGTH || (text.length > REFERENCE_LENGTH && [...text].length > REFERENCE_LENGTH);
  if (tooLong) throw new DomainError('REFERENCE_INVALID', `A reference has at most ${REFERENCE_LENGTH} characters`);
  if (CONTROL.test(text) || !isWellFormed(text)) {
    throw new DomainError('REFERENCE_INVALID', 'A reference holds no control characters and no broken characters');
  }
  return text;
}

/** `account-yinghu.B1/0101`: the ids must have been parsed. */
export function streamName(category: string, communityId: string, id: string): string {
  return `${category}-${communityId}.${id}`;
}

export interface StreamParts {
  readonly category: string;
  readonly communityId: string;
  readonly id: string;
}

/** The parts of a domain stream's name; undefined when it is not one (system streams, other programs' streams). */
export function parseStreamName(stream: string): StreamParts | undefined {
  const match = PLAIN_STREAM.exec(stream) ?? STREAM.exec(stream);
  return match ? { category: match[1]!, communityId: match[2]!, id: match[3]! } : undefined;
}

/** False for a string with a lone surrogate, which has no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

function idInvalid(what: string, text: string): DomainError {
  const shown = JSON.stringify(String(text).slice(0, 40));
  return new DomainError('ID_INVALID', `Not a valid ${what} (1-64 of A-Z a-z 0-9 _ - . / and Chinese): ${shown}`);
}
