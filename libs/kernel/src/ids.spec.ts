import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCommunityId, parseId, parseReference, parseStreamName, streamName } from './ids.js';

const letters = [...'ABCxyz019_/阴湖𠀀〇'];
const idOf = (alphabet: string[]) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 64 }).map((a) => a.join(''));

describe('ids (D17)', () => {
  it.each(['B1/0101', 'a', '阴湖-1.2_3', '𠀀'.repeat(64), 'x'.repeat(64)])('takes %s', (text) =>
    expect(parseId(text)).toBe(text),
  );

  it.each(['', 'x'.repeat(65), '𠀀'.repeat(65), 'a b', 'é', 'а', 'か', 'a\n', '\ud840', '@', '１'])(
    'refuses %j',
    (text) => {
      expect(() => parseId(text)).toThrow(expect.objectContaining({ code: 'ID_INVALID' }));
    },
  );

  it('normalises to NFC before it looks', () => {
    // A compatibility ideograph has the unified one as its NFC form.
    expect(parseId('\uF900')).toBe('\u8C48');
  });

  it.each(['a-b', 'a.b', ''])('refuses %j as a community id', (text) => {
    expect(() => parseCommunityId(text)).toThrow(expect.objectContaining({ code: 'ID_INVALID' }));
  });

  it('splits every stream name where it was joined', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('account', 'unit', 'numbering'),
        idOf(letters),
        idOf([...letters, '-', '.']),
        (category, community, id) => {
          expect(parseStreamName(streamName(category, parseCommunityId(community), parseId(id)))).toEqual({
            category,
            communityId: community,
            id,
          });
        },
      ),
    );
  });

  it.each([
    '$ce-account',
    'account-yinghu',
    'account',
    'Account-a.b',
    'account-.b',
    'account-a.',
    '$$account-a.b',
    'account-a b.c',
    'account-a.b\n',
  ])('%j is not a domain stream', (name) => expect(parseStreamName(name)).toBeUndefined());

  it('counts a reference in code points and keeps control characters out', () => {
    expect(parseReference('')).toBe('');
    expect(parseReference('two\r\n\tlines')).toBe('two\r\n\tlines');
    expect(parseReference('𠀀'.repeat(128))).toHaveLength(256);
    for (const text of ['x'.repeat(129), '𠀀'.repeat(129), 'a\u0000', 'a\u0085', '\udc00', 'x'.repeat(20_000_000)]) {
      expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    }
  });
});
