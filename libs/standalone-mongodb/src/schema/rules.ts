import type { Doc } from '../bson/document.js';
import type { Value } from '../bson/values.js';

/** One keyword of a schema: whether a value meets it, and mongod's account of why not. */
export interface Rule {
  matches(value: Value): boolean;
  /** The errors of a value that does not match. */
  explain(value: Value): readonly Doc[];
}

/** A compiled schema: all of its rules must hold. */
export interface Schema {
  readonly rules: readonly Rule[];
  /** `title` and `description`, which errors carry. */
  readonly annotations: Readonly<Record<string, string>>;
  matches(value: Value): boolean;
  explain(value: Value): readonly Doc[];
}
