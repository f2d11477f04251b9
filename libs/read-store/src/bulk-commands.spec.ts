import { describe, expect, it, jest } from '@jest/globals';
import { type Db, type Document, MongoServerError } from 'mongodb';
import { BulkCommands } from './bulk-commands.js';

interface Sent extends Document {
  readonly documents: { readonly serializedDocumentsLength: number };
}

/** A database that answers with these, one after the other; errors are thrown. */
function answering(...answers: (Document | Error)[]) {
  const command = jest.fn((_sent: Document) => {
    const answer = answers.shift() ?? { ok: 1, n: 1 };
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { command, bulk: new BulkCommands({ command } as unknown as Db, 'lines.v1') };
}

const large = (n: number): object => ({ _id: `${n}`, text: 'x'.repeat(5 * 1024 * 1024) });

describe('BulkCommands', () => {
  it('sends what is too much for one message in several, and adds up what they have done', async () => {
    const { bulk, command } = answering({ n: 1 }, { n: 0, writeErrors: [{ index: 0, code: 11000 }] }, { n: 1 });
    expect(await bulk.insert([large(1), large(2), large(3)])).toEqual({ count: 2, duplicates: [1] });
    expect(command).toHaveBeenCalledTimes(3);
    const [[first]] = command.mock.calls as unknown as [[Sent]];
    expect(first).toMatchObject({ insert: 'lines.v1', ordered: false, writeConcern: { w: 'majority', j: true } });
    expect(first.documents.serializedDocumentsLength).toBeGreaterThan(5 * 1024 * 1024);
  });

  it('sends nothing for nothing', async () => {
    const { bulk, command } = answering();
    expect(await bulk.update([])).toEqual({ count: 0, duplicates: [] });
    expect(command).not.toHaveBeenCalled();
  });

  it.each([
    ['a document that is refused', { n: 1, writeErrors: [{ code: 11000 }, { code: 121, errmsg: 'no such' }] }],
    ['a write that the majority has not', { n: 2, writeConcernError: { code: 64, errmsg: 'no such' } }],
  ])('fails for %s', async (_what, answer) => {
    await expect(answering(answer).bulk.insert([{ _id: 'a' }])).rejects.toMatchObject({
      code: 'READ_STORE_WRITE_FAILED',
      message: expect.stringContaining('no such') as unknown,
    });
  });

  it('refuses a document that no server takes', async () => {
    const { bulk, command } = answering();
    const tooLarge = { _id: 'a', text: 'x'.repeat(17 * 1024 * 1024) };
    await expect(bulk.insert([tooLarge])).rejects.toMatchObject({ code: 'READ_STORE_WRITE_FAILED' });
    expect(command).not.toHaveBeenCalled();
  });

  it('sends a command again, once, when the primary has changed', async () => {
    const steppedDown = (): Error => new MongoServerError({ code: 10107, errmsg: 'not primary' });
    const { bulk, command } = answering(steppedDown(), { n: 1 });
    expect(await bulk.insert([{ _id: 'a' }])).toEqual({ count: 1, duplicates: [] });
    expect(command).toHaveBeenCalledTimes(2);
    await expect(answering(steppedDown(), steppedDown()).bulk.insert([{ _id: 'a' }])).rejects.toThrow('not primary');
    await expect(answering(new Error('other')).bulk.insert([{ _id: 'a' }])).rejects.toThrow('other');
  });
});
