import type { Doc } from '../bson/document.js';
import type { BsonType, Value } from '../bson/values.js';

export type ComparisonOp = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

/** What is asked of the value at a path. */
export type Test =
  | { readonly op: ComparisonOp; readonly value: Value }
  | { readonly op: 'in'; readonly values: readonly Value[]; readonly patterns: readonly RegExp[] }
  | { readonly op: 'regex'; readonly pattern: RegExp; readonly source: string; readonly flags: string }
  | { readonly op: 'exists' }
  | { readonly op: 'type'; readonly types: ReadonlySet<BsonType>; readonly number: boolean }
  | { readonly op: 'size'; readonly size: number }
  | { readonly op: 'mod'; readonly divisor: bigint; readonly remainder: bigint }
  | { readonly op: 'bits'; readonly all: boolean; readonly set: boolean; readonly positions: readonly number[] }
  | { readonly op: 'elemMatchObject'; readonly filter: Node }
  | { readonly op: 'elemMatchValue'; readonly tests: readonly Node[] };

export type Node =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly nodes: readonly Node[] }
  | { readonly kind: 'not'; readonly node: Node }
  | { readonly kind: 'field'; readonly path: string; readonly parts: readonly string[]; readonly test: Test }
  | { readonly kind: 'always'; readonly value: boolean }
  | { readonly kind: 'custom'; readonly name: string; readonly matches: (doc: Doc) => boolean };
