import { DomainError } from './errors.js';
import { parseInstant, type Instant } from './local-date.js';

/** The instant so many milliseconds later (earlier when negative). @throws DomainError INSTANT_INVALID beyond the years 0000–9999 */
export function addMilliseconds(instant: Instant, milliseconds: number): Instant {
  const time = new Date(Date.parse(instant) + milliseconds);
  if (Number.isNaN(time.getTime()))
    throw new DomainError('INSTANT_INVALID', `Out of range: ${instant} + ${milliseconds}`);
  return parseInstant(time.toISOString());
}

/** Milliseconds from one instant to another: positive when `to` is later. */
export function millisecondsBetween(from: Instant, to: Instant): number {
  return Date.parse(to) - Date.parse(from);
}
