import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeRecord, StoredRecord } from '../wire/record.js';
import { queryEmitter } from './query-emitter.js';
import { parseQuery } from './query.js';
import { QueryError } from './query-tokens.js';

function record(stream: string, type: string, data: unknown, metadata: unknown = {}): StoredRecord {
  const event = {
    id: '00000000-0000-4000-8000-000000000001',
    type: Buffer.from(type),
    isJson: true,
    data: Buffer.from(JSON.stringify(data)),
    metadata: Buffer.from(JSON.stringify(metadata)),
  };
  return new StoredRecord(
    encodeRecord(event, { streamName: Buffer.from(stream), revision: 3, position: 9, createdAtMs: 1 }),
  );
}

const run = (query: string, of: StoredRecord) => queryEmitter(parseQuery(query), true)(of);

describe('a query', () => {
  it('takes events of its source, by their type', () => {
    const query = "fromStreams(['a', 'b']).when({ T: (s, e) => { linkTo('x-' + e.data.n * 2, e); }, $any(s, e) {} })";
    expect(run(query, record('a', 'T', { n: 4 }))).toEqual([{ stream: 'x-8', type: '$>', data: '3@a' }]);
    expect(run(query, record('b', 'Other', { n: 4 }))).toEqual([]);
    expect(run(query, record('c', 'T', { n: 4 }))).toEqual([]);
  });

  it('of everything takes neither links nor what projections wrote', () => {
    const query = "fromAll().when({ $any: function(s, e) { emit('copy', e.eventType, e.data) } })";
    expect(run(query, record('a', 'T', [1]))).toEqual([
      { stream: 'copy', type: 'T', data: '[1]', isJson: true, metadata: {} },
    ]);
    expect(run(query, record('a', '$>', 'x'))).toEqual([]);
    expect(run(query, record('copy', 'T', 1, { $o: 'a', $causedBy: 'x' }))).toEqual([]);
  });

  it.each(['e.data.constructor', 'e.__proto__.x', 'e.data.missing.field'])('finds nothing at %s', (path) => {
    const query = `fromAll().when({ T(s, e) { linkTo('x-' + ${path}, e) } })`;
    expect(run(query, record('a', 'T', {}))[0]!.stream).toBe('x-undefined');
  });

  it('fails on a stream without a name, on texts without end, and without leave to write', () => {
    expect(() => run('fromAll().when({ T(s, e) { linkTo(e.data.x, e) } })', record('a', 'T', {}))).toThrow(
      'not a name',
    );
    const long = "fromAll().when({ T(s, e) { linkTo('x'.repeat(9999).repeat(9999), e) } })";
    expect(() => run(long, record('a', 'T', {}))).toThrow(/repeated/);
    const emit = queryEmitter(parseQuery("fromAll().when({ T(s, e) { linkTo('x', e) } })"), false);
    expect(() => emit(record('a', 'T', {}))).toThrow(/not allowed/);
  });

  it.each([
    'fromAll()',
    'fromAll().outputState()',
    'fromAll().when({ T(s, e) { while (true) {} } })',
    'fromAll().when({ T(s, e) { process.exit() } })',
    'fromAll().when({ T(s, e) { linkTo(s.x, e) } })',
    "fromAll().when({ T(s, e) { linkTo('x'.constructor('return 1')(), e) } })",
    'fromStream().when({})',
    'fromAll().when({}) + 1',
    '',
  ])('that is beyond this server is refused: %s', (query) => {
    expect(() => parseQuery(query)).toThrow(QueryError);
  });

  it('of any text is read or refused', () => {
    const pieces = [
      'fromAll',
      '(',
      ')',
      '.',
      'when',
      '{',
      '}',
      'T',
      's',
      ',',
      'e',
      'emit',
      '"x"',
      '+',
      '=>',
      ':',
      '\\',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 30 }), (parts) => {
        try {
          parseQuery(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
        }
      }),
    );
    expect(() => parseQuery(`fromAll().when({ T(s, e) { emit(${'('.repeat(100_000)} } })`)).toThrow(QueryError);
  });
});
