export { checkCode, codeMark, type CodeSample } from './code-mark.js';
export type { BatchObserver, BatchReport } from './batch-report.js';
export type { Difference } from './compare.js';
export { documentDigest, LOG_FIELDS } from './digest.js';
export { Drain, type CatchUpOptions, type CatchUpProgress, type DrainOptions, type ProjectionStores } from './drain.js';
export { ImpureProjectionError, ProjectionError } from './errors.js';
export { causeOf } from './parking.js';
export { codeOf, type Target } from './targets.js';
export { typeFilter } from './fold.js';
export { retryParked, type Retried } from './operations/retry-parked.js';
export { registerBuilds, candidateOf, findModel } from './operations/builds.js';
export type { ComparedBuilds } from './operations/compare-builds.js';
export { ControlDesk, type ControlDeskOptions } from './operations/control-desk.js';
export { Operator, type OnProgress, type OperatorOptions } from './operations/operator.js';
export type { StandingStill } from './operations/parked-list.js';
export type { Workshop } from './operations/parked-sequence.js';
export type { Hold, Rebuilt } from './operations/rebuild.js';
export type { DiscardedFact, OperationLog, SwitchedFact } from './operations/switch-build.js';
export { measureLag, type Lag, type LagOptions } from './lag.js';
export { LEASE_TIMING, LeaseContender, HeldLease, type LeaseOptions, type LeaseTiming } from './lease.js';
export { LeasedRunner, type LeaseChange, type Folding, type LeasedRunnerOptions } from './leased-runner.js';
export { LiveRunner, type LiveRunnerOptions, type RunnerState } from './live-runner.js';
export { ProgressMeter, type ProgressReport } from './progress.js';
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
export { EVERY_CALL, watchedForPurity, type PuritySample } from './purity.js';
export type { EventSource, SourceChunk } from './source.js';
export {
  checkDeclarations,
  checkStoredIndexes,
  checkVersions,
  type QueryIndex,
  type StartChecks,
} from './start-checks.js';
export { Tally } from './tally.js';
export { verifyProjections, type VerifiedProjection, type VerifyOptions } from './verify.js';
