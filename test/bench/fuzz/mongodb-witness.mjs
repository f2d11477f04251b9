import { MongoClient } from 'mongodb';
import { Answers, PATIENCE_MS } from './answers.mjs';

const COLLECTIONS = 3;
const KEPT = 200;

/** A client that does everything right, beside the others, and checks each answer that it is given. */
export class Witness extends Answers {
  #client;
  #next = 0;
  /** By collection, the documents that must be there by _id. */
  #expected = Array.from({ length: COLLECTIONS }, () => new Map());

  constructor(url) {
    super();
    this.goOnWith(url);
  }

  /** Goes on, after it was closed, with a server that has been started again. */
  goOnWith(url) {
    this.#client = new MongoClient(url, { serverSelectionTimeoutMS: PATIENCE_MS, promoteLongs: true });
  }

  #collection(index) {
    return this.#client.db('witness').collection(`c${index}`);
  }

  /** One round of writes, refusals and reads; throws at the first answer that is wrong. */
  async round() {
    for (const [index, expected] of this.#expected.entries()) {
      const collection = this.#collection(index);
      await this.timed(collection.createIndex({ group: 1, n: -1 }));
      await this.#insert(collection, expected);
      await this.#change(collection, expected);
      await this.#read(collection, expected);
      if (expected.size > KEPT) await this.#thin(collection, expected);
    }
  }

  /** Every collection in full. */
  async checkAll() {
    for (const [index, expected] of this.#expected.entries()) {
      const docs = await this.timed(this.#collection(index).find().sort({ _id: 1 }).batchSize(50).toArray());
      equal(docs, [...expected.values()], 'all documents');
      const { valid, errors } = await this.timed(this.#client.db('witness').command({ validate: `c${index}` }));
      if (!valid) throw new Error(`documents and indexes do not agree: ${errors}`);
    }
  }

  async close() {
    await this.#client.close();
  }

  async #insert(collection, expected) {
    const docs = Array.from({ length: 5 }, () => {
      this.#next += 1;
      return {
        _id: this.#next,
        group: this.#next % 4,
        n: this.#next * 7,
        tags: [this.#next % 3, 'x'],
        text: '长'.repeat(9),
      };
    });
    const result = await this.timed(collection.insertMany(docs));
    equal(result.insertedCount, docs.length, 'the count of an insert');
    for (const doc of docs) expected.set(doc._id, { ...doc });
    const refused = await this.timed(collection.insertOne({ _id: docs[0]._id }).catch((error) => error.code));
    equal(refused, 11000, 'the refusal of a duplicate');
  }

  async #change(collection, expected) {
    const group = this.#next % 4;
    const changed = [...expected.values()].filter((doc) => doc.group === group);
    const update = { $inc: { n: 1 }, $push: { tags: { $each: ['y'], $slice: -3 } } };
    const result = await this.timed(collection.updateMany({ group }, update));
    equal(result.modifiedCount, changed.length, 'the count of an update');
    for (const doc of changed) {
      doc.n += 1;
      doc.tags = [...doc.tags, 'y'].slice(-3);
    }
  }

  async #read(collection, expected) {
    const group = (this.#next + 1) % 4;
    const wanted = [...expected.values()].filter((doc) => doc.group === group).sort((a, b) => b.n - a.n);
    const found = collection.find({ group }).sort({ n: -1 }).batchSize(7);
    equal(await this.timed(found.toArray()), wanted, 'a find');
    const sums = collection.aggregate([{ $match: { group } }, { $group: { _id: null, n: { $sum: '$n' } } }]);
    const sum = wanted.reduce((total, doc) => total + doc.n, 0);
    equal(await this.timed(sums.toArray()), wanted.length > 0 ? [{ _id: null, n: sum }] : [], 'a sum');
  }

  async #thin(collection, expected) {
    const gone = [...expected.keys()].slice(0, KEPT / 2);
    const result = await this.timed(collection.deleteMany({ _id: { $lte: gone.at(-1) } }));
    equal(result.deletedCount, gone.length, 'the count of a delete');
    for (const id of gone) expected.delete(id);
  }
}

function equal(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what} was answered with ${JSON.stringify(found).slice(0, 300)}`);
  }
}
