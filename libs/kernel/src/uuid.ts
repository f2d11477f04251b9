import { canonicalJson, sha1Hex, type Json } from './canonical-json.js';
import { DomainError } from './errors.js';

/** The namespace of every command id and event id, fixed for ever (ADR 0001). */
export const PROJECT_NAMESPACE = 'b32c58b1-121c-5130-bac1-b29eca805bf2';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const VARIANT = '89ab';
const namespaces = new Map<string, Uint8Array>();

/** True for the lower-case text form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** UUID version 5 (RFC 9562): lower-case text. `name` is taken as UTF-8. @throws DomainError UUID_INVALID for a bad namespace */
export function uuidV5(namespace: string, name: string | Uint8Array): string {
  const hex = sha1Hex(nameBytes(namespaceBytes(namespace), name));
  const variant = VARIANT[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A command's id: the same key from the same source in the same community is the same command. Bytes: ADR 0001. */
export function commandIdOf(communityId: string, source: string, key: Json): string {
  return uuidV5(PROJECT_NAMESPACE, canonicalJson(['command', communityId, source, key]));
}

/** An event's id; `n` counts the events of the command in that stream from 0. Bytes: ADR 0001. */
export function eventIdOf(commandId: string, stream: string, n: number): string {
  return uuidV5(PROJECT_NAMESPACE, canonicalJson(['event', commandId, stream, n]));
}

function nameBytes(prefix: Uint8Array, name: string | Uint8Array): Uint8Array {
  if (typeof name !== 'string') return Buffer.concat([prefix, name]);
  const bytes = Buffer.allocUnsafe(prefix.length + Buffer.byteLength(name));
  bytes.set(prefix);
  bytes.write(name, prefix.length);
  return bytes;
}

function namespaceBytes(namespace: string): Uint8Array {
  let bytes = namespaces.get(namespace);
  if (!bytes) {
    if (!isUuid(namespace)) throw new DomainError('UUID_INVALID', 'A namespace is a lower-case UUID');
    bytes = Buffer.from(namespace.replaceAll('-', ''), 'hex');
    namespaces.set(namespace, bytes);
  }
  return bytes;
}
