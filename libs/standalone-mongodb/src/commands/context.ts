import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Decimal, isNumber, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import type { Catalog } from '../storage/catalog.js';
import type { Collection } from '../storage/collection.js';
import type { WorkSpace } from '../storage/work-space.js';
import type { Request } from '../wire/message.js';
import { wrongType } from './arguments.js';
import type { Cursors } from './cursors.js';
import { ServerFigures } from './figures.js';

/** What a command sees: its arguments and the server. */
export class CommandContext {
  readonly body: Doc;
  readonly name: string;
  readonly db: string;

  constructor(
    readonly catalog: Catalog,
    readonly cursors: Cursors,
    readonly request: Request,
    readonly connectionId: number,
    /** The client's address and port, as `whatsmyuri` tells it. */
    readonly remote = '',
    readonly figures = new ServerFigures(),
  ) {
    this.body = request.body;
    this.name = request.body.fields[0]?.name ?? '';
    const db = request.body.get('$db');
    this.db = typeof db === 'string' ? db : 'admin';
  }

  get env(): Catalog['env'] {
    return this.catalog.env;
  }

  arg(name: string): Maybe {
    const value = this.body.get(name);
    return value === null ? undefined : value;
  }

  /** The collection that the command's first field names. */
  get collectionName(): string {
    const value = this.body.fields[0]?.value;
    if (typeof value !== 'string') {
      return fail('InvalidNamespace', `collection name has invalid type ${typeName(value)}`);
    }
    if (value === '') fail('InvalidNamespace', `Invalid namespace specified '${this.db}.'`);
    if (value.includes('\0')) fail('InvalidNamespace', 'namespaces cannot have embedded null characters');
    return value;
  }

  get namespace(): string {
    return `${this.db}.${this.collectionName}`;
  }

  collection(): Collection | undefined {
    return this.catalog.find(this.db, this.collectionName);
  }

  string(name: string): string {
    const value = this.arg(name);
    return typeof value === 'string' ? value : this.wrongType(name, 'string');
  }

  /** An optional document argument. */
  doc(name: string): Doc | undefined {
    const value = this.arg(name);
    if (value === undefined || value instanceof Doc) return value;
    return this.wrongType(name, 'object');
  }

  /** A whole number: mongod cuts doubles, rounds decimals to the nearest (even) and takes NaN for 0. */
  number(name: string): number | undefined {
    const value = this.arg(name);
    if (value === undefined) return undefined;
    if (!isNumber(value)) return this.wrongType(name, 'number');
    const number = toDouble(value);
    if (Number.isNaN(number)) return 0;
    const whole = Math.trunc(number);
    const part = value instanceof Decimal ? Math.abs(number - whole) : 0;
    return part > 0.5 || (part === 0.5 && whole % 2 !== 0) ? whole + Math.sign(number) : whole;
  }

  flag(name: string, fallback = false): boolean {
    const value = this.arg(name);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    return isNumber(value) ? toDouble(value) !== 0 : this.wrongType(name, 'bool');
  }

  /** What sorts and groups of this command may hold, and whether they go on on disk. */
  get space(): WorkSpace {
    const { folder, sortBytes, groupBytes, held } = this.catalog.parameters;
    return { folder: this.flag('allowDiskUse', true) ? folder : undefined, sortBytes, groupBytes, held };
  }

  /** The client asks to write past the validator. */
  get bypassesValidation(): boolean {
    return this.flag('bypassDocumentValidation');
  }

  /** Empty timestamps are stored as they are. */
  get keepsEmptyTimestamps(): boolean {
    return this.flag('bypassEmptyTsReplacement');
  }

  /** Documents from a sequence of the message, or from an array in its body. */
  documents(name: string): readonly Doc[] {
    const sequence = this.request.sequences.get(name);
    if (sequence !== undefined) return sequence;
    const value = this.arg(name);
    if (value === undefined) {
      return failAt(40414, `BSON field '${this.name}.${name}' is missing but a required field`);
    }
    if (!(value instanceof Arr)) return this.wrongType(name, 'array');
    return value.items.map((item, i) =>
      item instanceof Doc ? item : wrongType(`${this.name}.${name}.${i}`, item, "type 'object'"),
    );
  }

  wrongType(name: string, wanted: string): never {
    return fail(
      'TypeMismatch',
      `BSON field '${this.name}.${name}' is the wrong type '${typeName(this.arg(name))}', expected type '${wanted}'`,
    );
  }
}
