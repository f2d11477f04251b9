import { createHash, randomBytes } from 'node:crypto';
import { MongoClient, MongoServerError, type Collection, type Db } from 'mongodb';
import {
  type Actor,
  canonicalJson,
  type Clock,
  DomainError,
  type Instant,
  type Json,
  PROJECT_NAMESPACE,
  systemClock,
  uuidV5,
} from '#libs/kernel';
import {
  decrypt,
  encrypt,
  type Envelope,
  fingerprintWith,
  KEY_BYTES,
  openWith,
  sealWith,
  type Sealed,
} from './envelope.js';

/** Whose data it is: a person of a community (`party/P-1`), or a case (`complaint/2026/000123`). Erasing means destroying its one key. */
export interface VaultSubject {
  readonly communityId: string;
  readonly subject: string;
}

/** Who reads personal data, and what for: logged with every access (R4.3). */
export interface VaultAccess {
  readonly actor: Actor;
  readonly purpose: string;
  readonly correlationId?: string;
}

export interface AccessEntry {
  readonly at: Instant;
  readonly action: 'opened' | 'destroyed';
  readonly kid: string;
  readonly actor: Actor;
  readonly purpose: string;
  readonly correlationId: string | null;
}

export interface VaultOptions {
  /** `<prefix>_vault`: a database of its own, for it is a system of record and is backed up apart. */
  readonly database: string;
  /** 32 bytes. It wraps the subjects' keys; without it the vault's contents are useless. */
  readonly masterKey: Uint8Array;
  readonly clock?: Clock;
}

interface KeyDocument {
  readonly _id: string;
  readonly communityId: string;
  readonly subject: string;
  /** null once the key was destroyed. */
  readonly wrapped: (Sealed & { readonly masterKeyId: string }) | null;
  readonly createdAt: Instant;
  readonly destroyedAt: Instant | null;
}

const DUPLICATE_KEY = 11000;

/** The keys of all persons and cases, outside the event store. */
export class Vault {
  readonly #keys: Collection<KeyDocument>;
  readonly #accessLog: Collection<AccessEntry>;
  readonly #masterKey: Buffer;
  readonly #masterKeyId: string;
  readonly #clock: Clock;

  /** @throws DomainError VAULT_KEY_INVALID; the driver's errors */
  static async connect(url: string, options: VaultOptions): Promise<Vault> {
    const client = await new MongoClient(url).connect();
    try {
      return new Vault(client.db(options.database), options, client);
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** @param client closed with the vault, if given */
  constructor(
    db: Db,
    options: Pick<VaultOptions, 'masterKey' | 'clock'>,
    private readonly client?: MongoClient,
  ) {
    if (options.masterKey.length !== KEY_BYTES) {
      throw new DomainError('VAULT_KEY_INVALID', `The vault's master key has ${KEY_BYTES} bytes`);
    }
    this.#masterKey = Buffer.from(options.masterKey);
    this.#masterKeyId = createHash('sha256')
      .update('estate-ledger master key')
      .update(this.#masterKey)
      .digest('hex')
      .slice(0, 16);
    this.#clock = options.clock ?? systemClock;
    const durable = { writeConcern: { w: 'majority', j: true }, readPreference: 'primary' } as const;
    this.#keys = db.collection<KeyDocument>('keys', durable);
    this.#accessLog = db.collection<AccessEntry>('accessLog', durable);
  }

  async close(): Promise<void> {
    await this.client?.close();
  }

  /** Encrypts a value under the subject's key, which is made at the first use. @throws DomainError SUBJECT_ERASED, EVENT_NOT_JSON */
  async seal(subject: VaultSubject, value: Json): Promise<Envelope> {
    return sealWith(await this.#keyFor(subject), kidOf(subject), value);
  }

  /** What stands for a value in a command's input, so that its hash gives nothing away. @throws DomainError SUBJECT_ERASED */
  async fingerprint(subject: VaultSubject, value: Json): Promise<string> {
    return fingerprintWith(await this.#keyFor(subject), value);
  }

  /** Decrypts, after the access was logged. @throws DomainError SUBJECT_ERASED, ENVELOPE_INVALID, PURPOSE_MISSING, VAULT_KEY_INVALID */
  async open(envelope: Envelope, access: VaultAccess): Promise<Json> {
    if (access.purpose.trim() === '')
      throw new DomainError('PURPOSE_MISSING', 'Personal data is read for a stated purpose');
    const key = await this.#keys.findOne({ _id: envelope.kid });
    if (!key) throw new DomainError('ENVELOPE_INVALID', 'The vault does not know the key of this envelope');
    const bytes = this.#unwrap(key);
    await this.#log('opened', envelope.kid, access);
    return openWith(bytes, envelope);
  }

  /** Destroys the subject's key: nothing sealed for it can be read any more, anywhere. It gets no new one. Doing so twice changes nothing. */
  async destroy(subject: VaultSubject, access: VaultAccess): Promise<void> {
    const kid = kidOf(subject);
    const now = this.#clock.now();
    const absent: KeyDocument = { _id: kid, ...pick(subject), wrapped: null, createdAt: now, destroyedAt: now };
    const { modifiedCount } = await this.#keys.updateOne(
      { _id: kid, destroyedAt: null },
      { $set: { wrapped: null, destroyedAt: now } },
    );
    const changed = modifiedCount > 0 || (await this.#insert(absent));
    if (changed) await this.#log('destroyed', kid, access);
  }

  /** Who read a subject's data, in order of time. */
  async listAccesses(subject: VaultSubject): Promise<AccessEntry[]> {
    const found = await this.#accessLog.find({ kid: kidOf(subject) }, { projection: { _id: 0 } }).toArray();
    return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  async #keyFor(subject: VaultSubject): Promise<Buffer> {
    const kid = kidOf(subject);
    const known = await this.#keys.findOne({ _id: kid });
    if (known) return this.#unwrap(known);
    const key = randomBytes(KEY_BYTES);
    const wrapped = { ...encrypt(this.#masterKey, kid, key), masterKeyId: this.#masterKeyId };
    const created = { _id: kid, ...pick(subject), wrapped, createdAt: this.#clock.now(), destroyedAt: null };
    // Somebody else may have made the subject's key in the meantime: that one counts.
    return (await this.#insert(created)) ? key : this.#keyFor(subject);
  }

  async #insert(document: KeyDocument): Promise<boolean> {
    try {
      await this.#keys.insertOne(document);
      return true;
    } catch (error) {
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
      throw error;
    }
  }

  #unwrap({ _id, wrapped }: KeyDocument): Buffer {
    if (!wrapped)
      throw new DomainError('SUBJECT_ERASED', 'The key was destroyed: what it protected cannot be read any more');
    if (wrapped.masterKeyId !== this.#masterKeyId) {
      throw new DomainError('VAULT_KEY_INVALID', "The vault's keys were wrapped by another master key");
    }
    return decrypt(this.#masterKey, _id, wrapped);
  }

  async #log(action: AccessEntry['action'], kid: string, access: VaultAccess): Promise<void> {
    const { actor, purpose, correlationId = null } = access;
    const entry: AccessEntry = { at: this.#clock.now(), action, kid, actor: { ...actor }, purpose, correlationId };
    await this.#accessLog.insertOne(entry);
  }
}

/** Id of a subject's key (ADR 0001): derived, so that there is one key per subject without a search. */
export function kidOf({ communityId, subject }: VaultSubject): string {
  return uuidV5(PROJECT_NAMESPACE, canonicalJson(['vault', communityId, subject]));
}

function pick({ communityId, subject }: VaultSubject): VaultSubject {
  return { communityId, subject };
}
