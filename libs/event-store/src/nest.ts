/** What a Nest application wires; apart from the index, so that a program without Nest does not load it. */
export { EventStoreModule, type EventStoreModuleOptions } from './event-store.module.js';
export { CLOCK, UPCASTERS } from './tokens.js';
