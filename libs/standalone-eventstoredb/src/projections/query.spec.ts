import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StoredRecord, encodeRecord } from '../wire/record.js';
import type { Emission } from './emission.js';
import { projected } from './event-source.js';
import { Query, type States, isOwn } from './query.js';
import { ScriptError } from './script/values.js';

function record(stream: string, type: string, data: unknown, metadata: unknown = {}): StoredRecord {
  const event = {
    id: '00000000-0000-4000-8000-000000000001',
    type: Buffer.from(type),
    isJson: true,
    data: Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)),
    metadata: Buffer.from(JSON.stringify(metadata)),
  };
  return new StoredRecord(
    encodeRecord(event, { streamName: Buffer.from(stream), revision: 3, position: 9, createdAtMs: 1 }),
  );
}

class MemoryStates implements States {
  readonly states = new Map<string, string>();
  get(partition: string): string | undefined {
    return this.states.get(partition);
  }
  set(partition: string, json: string): void {
    this.states.set(partition, json);
  }
}

interface Run {
  readonly emitted: readonly Emission[];
  readonly states: Record<string, unknown>;
}

function run(source: string, ...records: StoredRecord[]): Run {
  const query = new Query(source, 'q', true);
  const states = new MemoryStates();
  const emitted = records.flatMap((each) => {
    const event = projected(query.definition, each, () => undefined);
    return event === undefined ? [] : query.fold(event, states);
  });
  const parsed = [...states.states].map(([partition, json]) => [partition, JSON.parse(json)] as const);
  return { emitted, states: Object.fromEntries(parsed) as Record<string, unknown> };
}

describe('a query', () => {
  it('takes events of its source, by their type', () => {
    const query = "fromStreams(['a', 'b']).when({ T: (s, e) => { linkTo('x-' + e.data.n * 2, e); }, $any(s, e) {} })";
    expect(run(query, record('a', 'T', { n: 4 })).emitted).toEqual([{ stream: 'x-8', type: '$>', data: '3@a' }]);
    expect(run(query, record('b', 'Other', { n: 4 }), record('c', 'T', { n: 4 })).emitted).toEqual([]);
  });

  it('copies events of everything, but not those of links', () => {
    const query = "fromAll().when({ $any: function(s, e) { emit('copy', e.eventType, e.data, {by: 'q'}) } })";
    expect(run(query, record('a', 'T', [1]), record('a', '$>', '0@b')).emitted).toEqual([
      { stream: 'copy', type: 'T', data: '[1]', isJson: true, metadata: { by: 'q' } },
    ]);
    expect(isOwn(record('copy', 'T', 1, { $v: 'q:-1:0:4' }), 'q')).toBe(true);
    expect(isOwn(record('copy', 'T', 1, { $v: 'other:-1:0:4' }), 'q')).toBe(false);
  });

  it('folds a state, returned or changed', () => {
    const query = 'fromStream("a").when({ $init() { return 0 }, T(state, event) { return state + event.data.n } })';
    expect(run(query, record('a', 'T', { n: 2 }), record('a', 'T', { n: 3 })).states).toEqual({ '': 5 });
    const changed = `fromAll().when({
      $init: function () { return { count: 0, seen: [] }; },
      $any: function (s, e) { s.count++; s.seen.push(e.streamId + '/' + e.eventType); }
    })`;
    expect(run(changed, record('a', 'T', {}), record('b', 'U', {})).states).toEqual({
      '': { count: 2, seen: ['a/T', 'b/U'] },
    });
  });

  it('folds by stream, by a partition of its own, and with what partitions share', () => {
    const events = [record('cat-a', 'T', { k: 1 }), record('cat-b', 'T', { k: 2 }), record('cat-b', 'T', { k: 1 })];
    const count = '{ $init() { return { n: 0 } }, T(s) { s.n += 1 } }';
    expect(run(`fromCategory('cat').foreachStream().when(${count})`, ...events).states).toEqual({
      'cat-a': { n: 1 },
      'cat-b': { n: 2 },
    });
    expect(run(`fromAll().partitionBy(e => e.data.k).when(${count})`, ...events).states).toEqual({
      '1': { n: 2 },
      '2': { n: 1 },
    });
    const shared = `options({ biState: true }); fromAll().foreachStream().when({
      $init: () => ({ n: 0 }), $initShared: () => ({ all: 0 }),
      $created(s, e) { s[1].streams = (s[1].streams || 0) + 1 },
      T(s, e) { s[0].n++; s[1].all += e.data.k; return s }
    })`;
    expect(run(shared, ...events).states).toEqual({
      'cat-a': { n: 1 },
      'cat-b': { n: 2 },
      '\0shared': { all: 4, streams: 2 },
    });
  });

  it('writes its results when they change', () => {
    const query = `fromAll().when({ $init: () => ({ n: 0 }), T(s, e) { s.n += e.data.n } })
      .filterBy(s => s.n > 1).transformBy(s => ({ total: s.n })).outputState()`;
    const { emitted } = run(query, ...[1, 1, 0, 3].map((n) => record('a', 'T', { n })));
    expect(emitted.map(({ stream, type, data }) => [stream, type, data])).toEqual([
      ['$projections-q-result', 'Result', '{"total":2}'],
      ['$projections-q-result', 'Result', '{"total":5}'],
    ]);
  });

  it('is told of a deleted stream', () => {
    const query = new Query(
      'fromAll().foreachStream().when({ T() {}, $deleted(s, e, p, soft) { s.gone = [p, soft] } })',
      'q',
      false,
    );
    const states = new MemoryStates();
    states.set('a', '{}');
    query.streamDeleted('a', true, states);
    query.streamDeleted('b', true, states);
    expect(Object.fromEntries(states.states)).toEqual({ a: '{"gone":["a",true]}' });
  });

  it.each(['e.data.constructor', 'e.__proto__', 'e.data.toString.constructor', '"x".constructor'])(
    'finds nothing at %s',
    (path) => {
      const query = `fromAll().when({ T(s, e) { linkTo('x-' + ${path}, e) } })`;
      expect(run(query, record('a', 'T', {})).emitted[0]!.stream).toBe('x-undefined');
    },
  );

  it.each([
    ['linkTo(e.data.x, e)', 'not a name'],
    ["linkTo('x'.repeat(9999).repeat(9999), e)", 'repeated'],
    ['while (true) {}', 'too long'],
    ['try { while (true) {} } catch (x) {}', 'too long'],
    ['const f = () => f(); f()', 'too deep'],
    ['throw new Error("no")', 'no'],
    ['e.data.missing.field', "can't be read"],
    ['process.exit()', 'process is not defined'],
    ['const a = []; a.push(a); return a', 'too large'],
    ['let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; return a', 'too large'],
    ['return "x".padEnd(1e9)', 'too long'],
    ['const x = 1; x = 2', 'constant'],
  ])('fails on %s', (statement, message) => {
    expect(() => run(`fromAll().when({ T(s, e) { ${statement} } })`, record('a', 'T', {}))).toThrow(message);
  });

  it('may not write without leave', () => {
    const query = new Query("fromAll().when({ T(s, e) { linkTo('x', e) } })", 'q', false);
    const event = projected(query.definition, record('a', 'T', {}), () => undefined)!;
    expect(() => query.fold(event, new MemoryStates())).toThrow(/not allowed/);
  });

  it.each([
    'fromAll()',
    'fromAll().outputState()',
    'fromAll().when({ T: async () => {} })',
    'fromAll().when({ T() { this.x } })',
    'class X {}; fromAll().when({ T() {} })',
    'fromStream().when({ T() {} })',
    "fromAll().when({ T() {} }).outputTo('a', 'b')",
    'options({ unheard: 1 }); fromAll().when({ T() {} })',
    'fromAll().when({ T() {} }',
    `fromAll().when({ T() { ${'('.repeat(100_000)} } })`,
    '',
  ])('that is beyond this server is refused: %#', (query) => {
    expect(() => new Query(query, 'q', true)).toThrow(ScriptError);
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
          new Query(parts.join(''), 'q', true);
        } catch (error) {
          expect(error).toBeInstanceOf(ScriptError);
        }
      }),
    );
  });
});
