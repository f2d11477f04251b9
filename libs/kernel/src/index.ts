export type { Actor } from './actor.js';
export { canonicalJson, plainJson, sha256Hex, type Json } from './canonical-json.js';
export { fixedClock, ManualClock, systemClock, type Clock } from './clock.js';
export type { Decider, NewEvent, PastEvent, Recorded } from './decider.js';
export { DomainError } from './errors.js';
export {
  isWellFormed,
  parseCommunityId,
  parseId,
  parseReference,
  parseStreamName,
  streamName,
  type StreamParts,
} from './ids.js';
export { addMilliseconds, millisecondsBetween } from './instants.js';
export {
  addDays,
  daysBetween,
  localDateOf,
  localMidnight,
  parseAsOfInstant,
  parseInstant,
  parseLocalDate,
  parseTimeZone,
  type Instant,
  type LocalDate,
} from './local-date.js';
export {
  addMoney,
  compareMoney,
  divideHalfUp,
  MAX_MINOR,
  money,
  moneyFromJson,
  moneyToJson,
  parseCurrency,
  parseMinor,
  subtractMoney,
  sumMoney,
  type Money,
  type MoneyJson,
} from './money.js';
export { commandIdOf, eventIdOf, isUuid, PROJECT_NAMESPACE, uuidV5 } from './uuid.js';
