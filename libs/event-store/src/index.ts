export type { BulkOutcome, BulkStream } from './bulk.js';
export { BulkWriter } from './bulk-writer.js';
export type { CommandContext, CommandResult } from './command.js';
export { CommandRunner } from './command-runner.js';
export { AppendOutcomeUnknown, StoreError, StoreRefused, StoreUnavailable, WrongExpectedRevision } from './errors.js';
export { EventStore } from './event-store.js';
export { MAX_APPEND_BYTES } from './settled-append.js';
export type {
  AppendResult,
  EventStoreOptions,
  ExpectedRevision,
  ReadAllOptions,
  ReadStreamOptions,
} from './options.js';
export {
  isDomainEvent,
  UNKNOWN_POSITION,
  type EncodedEvent,
  type EventMetadata,
  type StoredEvent,
} from './stored-event.js';
export {
  EMPTY_HEAD,
  encodeEvents,
  hashOfStored,
  inputHashOf,
  recordedAtAfter,
  ZERO_HASH,
  type StreamHead,
} from './encode.js';
export { ChainVerifier, verifyChain, type ChainFault, type ChainFaultCode, type ChainReport } from './hash-chain.js';
export { Upcasters, type Upcaster } from './upcasters.js';
export type { SubscribeAllOptions, SubscriptionPage } from './subscription.js';
export { NUMBER_EVENT_TYPES, Numbering, type NumberingContext } from './numbering.js';
export { isEnvelope, type Envelope } from './vault/envelope.js';
export {
  kidOf,
  Vault,
  type AccessEntry,
  type VaultAccess,
  type VaultOptions,
  type VaultSubject,
} from './vault/vault.js';
