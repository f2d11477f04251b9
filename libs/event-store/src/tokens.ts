/** Injection tokens of the event store module, for what is not a class. */
export const CLOCK = Symbol('Clock');
export const UPCASTERS = Symbol('Upcasters');
export const COMMAND_CACHE_BYTES = Symbol('CommandCacheBytes');
