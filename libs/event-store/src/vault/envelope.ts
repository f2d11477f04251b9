import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { canonicalJson, DomainError, type Json } from '#libs/kernel';

/** Personal data or free text as it is stored in an event (ADR 0001): AES-256-GCM, all but `kid` in base64url. */
export interface Envelope {
  /** Id of the key, which the vault holds. */
  readonly kid: string;
  readonly iv: string;
  readonly ct: string;
  readonly tag: string;
}

export const KEY_BYTES = 32;
const IV_BYTES = 12;
const CIPHER = 'aes-256-gcm';

export type Sealed = Omit<Envelope, 'kid'>;

/** Encrypts a value; the key's id is bound to it, so that an envelope cannot pass for another person's. @throws EVENT_NOT_JSON */
export function sealWith(key: Uint8Array, kid: string, value: Json): Envelope {
  return { kid, ...encrypt(key, kid, Buffer.from(canonicalJson(value), 'utf8')) };
}

/** @throws DomainError ENVELOPE_INVALID: another key, or changed */
export function openWith(key: Uint8Array, envelope: Envelope): Json {
  return JSON.parse(decrypt(key, envelope.kid, envelope).toString('utf8')) as Json;
}

/** Encrypts bytes under a fresh initialisation vector; `context` is authenticated with them. */
export function encrypt(key: Uint8Array, context: string, plain: Uint8Array): Sealed {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(context, 'utf8'));
  const ct = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { iv: text(iv), ct: text(ct), tag: text(cipher.getAuthTag()) };
}

/** @throws DomainError ENVELOPE_INVALID */
export function decrypt(key: Uint8Array, context: string, sealed: Sealed): Buffer {
  try {
    const tag = Buffer.from(sealed.tag, 'base64url');
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(sealed.iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(tag);
    return Buffer.concat([decipher.update(Buffer.from(sealed.ct, 'base64url')), decipher.final()]);
  } catch {
    throw new DomainError('ENVELOPE_INVALID', 'An envelope does not open with its key');
  }
}

/**
 * A value's stand-in for a command's input: equal for equal values of the same subject, and of no use for guessing once the subject's key
 * is gone, as a plain hash of a telephone number would be.
 */
export function fingerprintWith(key: Uint8Array, value: Json): string {
  const derived = new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), 'estate-ledger fingerprint', KEY_BYTES));
  return createHmac('sha256', derived).update(canonicalJson(value)).digest('hex');
}

/** Whether a value has the shape of an envelope. */
export function isEnvelope(value: unknown): value is Envelope {
  if (value === null || typeof value !== 'object') return false;
  const { kid, iv, ct, tag } = value as Partial<Record<keyof Envelope, unknown>>;
  return [kid, iv, ct, tag].every((part) => typeof part === 'string');
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url');
}
