import type { Projection } from '#libs/projection-engine';
import type { OperationId } from '../security/permissions.js';
import type { Schema } from '../openapi/schema-types.js';
import type { RequestClass } from './request-shape.js';

export const OPERATION = 'estate:operation';

export interface CommandOperation {
  readonly kind: 'command';
  readonly operation: OperationId;
  readonly summary: string;
  /** Below the controller's path. */
  readonly at?: string;
  /** What is asked for, in the body and in the path. */
  readonly input: RequestClass;
  /** Fields of the input that the path gives. */
  readonly placed?: readonly string[];
  /** Whether an entity tag can be asked for: the path names what is changed. */
  readonly ifMatch?: boolean;
  /** The community need not be registered yet. */
  readonly beforeRegistration?: boolean;
  /** A body that works, in the order in which the document lists the operations. */
  readonly example: object;
  /** Path parameters of the example, where they are not the usual ones. */
  readonly exampleAt?: Readonly<Record<string, string>>;
  /** Fields of the answer beyond those of every command. */
  readonly answers?: Readonly<Record<string, Schema>>;
}

export interface QueryOperation {
  readonly kind: 'query';
  readonly operation: OperationId;
  readonly summary: string;
  readonly at?: string;
  readonly input: RequestClass;
  /** Of all communities that the token names; its address names none. */
  readonly acrossCommunities?: boolean;
  /** Read models that the answer comes from; none: straight from the event store, and fresh. */
  readonly models: readonly Projection[];
  /**
   * What answers `at` an earlier position: read models that keep history (its own, or others), or the stream itself, folded up to there.
   * Without it nothing does.
   */
  readonly history?: readonly Projection[] | 'stream';
  readonly example: Readonly<Record<string, string>>;
  readonly exampleAt?: Readonly<Record<string, string>>;
  readonly answer: Schema;
}

export interface PublicOperation {
  readonly kind: 'public';
  readonly operation: string;
  readonly summary: string;
  readonly at?: string;
  readonly contentType: string;
}

export type Operation = CommandOperation | QueryOperation | PublicOperation;
