import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#libs/kernel';
import { exitStatus, failureLine } from './failure.js';

describe('a failure on the command line', () => {
  it('is one line with its stable code', () => {
    expect(failureLine(new DomainError('DATE_INVALID', 'not a\n date'))).toBe('estate: DATE_INVALID: not a date');
  });

  it('without a code is a fault of the program and shows where', () => {
    expect(failureLine(new TypeError('x'))).toMatch(/^estate: INTERNAL_ERROR: TypeError: x\n +at /);
    expect(failureLine('text')).toBe('estate: INTERNAL_ERROR: text');
  });

  it.each([
    ['DATE_INVALID', 2],
    ['COMMUNITY_NOT_FOUND', 2],
    ['BACKUP_TARGET_NOT_EMPTY', 2],
    ['CURRENCY_MISMATCH', 2],
    ['DATA_FORMAT_UNKNOWN', 1],
    ['STORE_UNAVAILABLE', 1],
  ])('%s ends with %i', (code, status) => {
    expect(exitStatus(new DomainError(code, ''))).toBe(status);
  });
});
