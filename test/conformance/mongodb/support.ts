import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import { startMongoServer } from '#libs/standalone-mongodb';

export interface Subject {
  client: MongoClient;
  db: Db;
  /** An empty collection for each test. */
  coll: Collection<Document>;
}

/** The server under test: the one that MONGODB_URL names, or a standalone one of this process. */
export function conformanceSubject(): Subject {
  const subject = {} as Subject;
  let stop = async (): Promise<void> => undefined;
  let tests = 0;
  const name = `conformance_${process.pid}_${Math.floor(Math.random() * 1e6)}`;

  beforeAll(async () => {
    const url = process.env['MONGODB_URL'] ?? (await startOwn());
    subject.client = new MongoClient(url, { useBigInt64: true });
    subject.db = subject.client.db(name);
  });
  beforeEach(() => {
    tests += 1;
    subject.coll = subject.db.collection(`c${tests}`);
  });
  afterAll(async () => {
    await subject.db.dropDatabase();
    await subject.client.close();
    await stop();
  });

  async function startOwn(): Promise<string> {
    const dataDir = await mkdtemp(join(tmpdir(), 'conformance-mongodb-'));
    const server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
    stop = async () => {
      await server.close();
      await rm(dataDir, { recursive: true });
    };
    return `mongodb://127.0.0.1:${server.port}/?directConnection=true`;
  }
  return subject;
}

/** Stores documents with _id 1, 2, 3 … and gives the ids that a filter finds. */
export async function idsOf(coll: Collection<Document>, filter: Document): Promise<unknown[]> {
  return coll
    .find(filter)
    .sort({ _id: 1 })
    .map((doc) => doc['_id'] as unknown)
    .toArray();
}
