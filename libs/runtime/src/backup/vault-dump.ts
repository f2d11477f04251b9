import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { BSON, MongoClient, type Document } from 'mongodb';

interface Line {
  readonly collection: string;
  readonly document: Document;
}

/** Values as they are stored, int32 apart from int64 and double: what comes back is byte for byte what was there. */
const EXACT = { promoteValues: false, promoteLongs: false, promoteBuffers: false } as const;
const BATCH = 500;

async function withClient<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Writes every document of a database as lines of canonical EJSON; returns how many. */
export function dumpDatabase(url: string, database: string, path: string): Promise<number> {
  return withClient(url, async (client) => {
    const file = await open(path, 'wx', 0o600);
    try {
      const db = client.db(database);
      let documents = 0;
      for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
        for await (const document of db.collection(name).find({}, EXACT)) {
          await file.appendFile(`${BSON.EJSON.stringify({ collection: name, document }, { relaxed: false })}\n`);
          documents += 1;
        }
      }
      await file.sync();
      return documents;
    } finally {
      await file.close();
    }
  });
}

/** Inserts the documents of a dump into an empty database; returns how many. */
export function loadDatabase(url: string, database: string, path: string): Promise<number> {
  return withClient(url, async (client) => {
    const db = client.db(database);
    let documents = 0;
    let batch: Line[] = [];
    const flush = async (): Promise<void> => {
      for (const name of new Set(batch.map((line) => line.collection))) {
        const lines = batch.filter((line) => line.collection === name);
        await db.collection(name).insertMany(lines.map((line) => line.document));
      }
      documents += batch.length;
      batch = [];
    };
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      if (text === '') continue;
      batch.push(BSON.EJSON.parse(text, { relaxed: false }) as Line);
      if (batch.length >= BATCH) await flush();
    }
    await flush();
    return documents;
  });
}
