export { Drain, type CatchUpOptions, type CatchUpProgress, type DrainOptions, type ProjectionStores } from './drain.js';
export { ProjectionError } from './errors.js';
export { EventReader, type Upcast } from './projected-event.js';
export {
  documentId,
  type AppendOnlyProjection,
  type EventMetadata,
  type FoldedProjection,
  type ProjectedEvent,
  type Projection,
  type SourceEvent,
} from './projection.js';
export type { EventSource, SourceChunk } from './source.js';
export { Tally } from './tally.js';
