import type { Doc } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import type { Catalog } from '../storage/catalog.js';
import type { WorkSpace } from '../storage/work-space.js';
import type { Variables } from './expression.js';

export type Stream = Iterable<Doc | null>;
/** A step of a pipeline; `null` in a stream is a pause and goes through. */
export type Stage = (input: Stream) => Stream;

export interface StageContext {
  readonly catalog: Catalog;
  readonly db: string;
  readonly variables: Variables;
  /** What sorts and groups may hold in memory, and where they go on. */
  readonly space?: WorkSpace | undefined;
}

export type StageCompiler = (spec: Value, context: StageContext) => Stage;

/** A stage that makes one document of one. */
export function mapping(change: (doc: Doc) => Doc): Stage {
  return function* (input) {
    for (const doc of input) yield doc === null ? null : change(doc);
  };
}
