import { describe, expect, it } from '@jest/globals';
import { commandIdOf, eventIdOf, PROJECT_NAMESPACE, uuidV5 } from './uuid.js';

const DNS = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

describe('UUID version 5 (RFC 9562)', () => {
  it('gives the values of the RFC and of other implementations', () => {
    expect(uuidV5(DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
    expect(uuidV5(DNS, Buffer.from('www.example.com'))).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
    expect(() => uuidV5('x', 'y')).toThrow(expect.objectContaining({ code: 'UUID_INVALID' }));
  });

  it('derives the namespace from a name, so that anyone can check it', () => {
    expect(uuidV5(URL_NAMESPACE, 'urn:estate-ledger:event-format:1')).toBe(PROJECT_NAMESPACE);
  });

  it('keeps command and event ids for ever', () => {
    expect(commandIdOf('yinghu', 'import', ['a', 1])).toBe(
      uuidV5(PROJECT_NAMESPACE, '["command","yinghu","import",["a",1]]'),
    );
    const event = eventIdOf('2ed6657d-e927-568b-95e1-2665a8aea6a2', 'account-yinghu.B1/0101', 2);
    expect(event).toBe(
      uuidV5(PROJECT_NAMESPACE, '["event","2ed6657d-e927-568b-95e1-2665a8aea6a2","account-yinghu.B1/0101",2]'),
    );
  });

  it('tells commands apart by community, source and key', () => {
    const ids = [
      commandIdOf('a', 'b', 'c'),
      commandIdOf('a', 'bc', ''),
      commandIdOf('ab', '', 'c'),
      commandIdOf('a', 'b', ['c']),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});
