export { LARGEST_DOCUMENT_BYTES, storedBytes, type KnownSizes } from './bson-size.js';
export { CodeMarks, type CodeMark } from './code-marks.js';
export { ControlRequests, type ControlAction, type ControlRequest } from './control-requests.js';
export { findIndexes } from './deployed.js';
export {
  NOT_REMOVED,
  type CheckpointDocument,
  type DiscardDecision,
  type IndexSpec,
  type ParkedEntry,
  type ParkMark,
  type StoredDocument,
} from './documents.js';
export { type DocumentPack } from './document-pack.js';
export { ReadStoreError, takenBefore } from './errors.js';
export { waitForPosition, type Freshness } from './freshness.js';
export {
  buildText,
  isSameBuild,
  ModelRegistry,
  parseBuild,
  type Build,
  type BuildName,
  type BuildState,
  type ModelEntry,
  type VersionedName,
} from './model-registry.js';
export { Leases, type LeaseDocument } from './leases.js';
export { collectionName, LIVE_SET, type ModelName } from './naming.js';
export { pagesOf } from './pages.js';
export {
  discardKey,
  ParkedEvents,
  type DiscardedEvent,
  type ParkedSequence,
  type StaleQuery,
} from './parked-events.js';
export { MongoProjectionStore, type ProjectionStore } from './projection-store.js';
export { decodeDocument, rawDocuments, type RawDocument } from './raw-documents.js';
export { ReadStore, type ReadStoreOptions } from './read-store.js';
