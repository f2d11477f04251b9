import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, WrongExpectedVersionError, jsonEvent } from '@eventstore/db-client';
import { Answers, PATIENCE_MS } from './answers.mjs';

const STREAMS = 8;

/** A client that does everything right, beside the others, and checks each answer that it is given. */
export class Witness extends Answers {
  #client;
  #subscription;
  #expected = new Map();
  #seen = new Map();
  #fault;

  constructor(url) {
    super();
    this.#client = EventStoreDBClient.connectionString(url);
    for (let n = 0; n < STREAMS; n += 1) this.#expected.set(`witness-${n}`, []);
    this.#subscribe();
  }

  /** One round of appends, refusals and reads; throws at the first answer that is wrong. */
  async round() {
    for (const [stream, expected] of this.#expected) {
      await this.#append(stream, expected, 1 + (expected.length % 3));
      await this.#beRefused(stream);
      await this.#compare(stream, expected.slice(-20), { direction: 'backwards', fromRevision: 'end', maxCount: 20 });
    }
    if (this.#fault) throw this.#fault;
  }

  /** Every stream in full, and what the subscription has seen of them. */
  async checkAll() {
    for (const [stream, expected] of this.#expected) await this.#compare(stream, expected, {});
    const waitUntil = Date.now() + PATIENCE_MS;
    const lacking = () => [...this.#expected].some(([stream, list]) => (this.#seen.get(stream) ?? 0) < list.length);
    while (lacking() && !this.#fault && Date.now() < waitUntil) await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.#fault) throw this.#fault;
    if (lacking()) throw new Error('the subscription has not seen every event');
  }

  /** Goes on, after it was closed, with a server that has been started again; the subscription starts over. */
  goOnWith(url) {
    this.#client = EventStoreDBClient.connectionString(url);
    this.#seen.clear();
    this.#subscribe();
  }

  async close() {
    this.#subscription.off('error', this.#onError);
    this.#subscription.on('error', () => undefined);
    await this.#client.dispose();
  }

  #onError = (error) => (this.#fault ??= new Error(`the subscription ended: ${error.message}`));

  #subscribe() {
    const filter = { filterOn: 'streamName', prefixes: ['witness-'], checkpointInterval: 10 };
    this.#subscription = this.#client.subscribeToAll({ filter });
    this.#subscription.on('error', this.#onError);
    this.#subscription.on('data', ({ event }) => {
      const next = this.#seen.get(event.streamId) ?? 0;
      if (Number(event.revision) !== next || event.id !== this.#expected.get(event.streamId)?.[next]) {
        this.#fault ??= new Error(`the subscription was sent ${event.revision}@${event.streamId}, not ${next}`);
      }
      this.#seen.set(event.streamId, next + 1);
    });
  }

  async #append(stream, expected, count) {
    const events = Array.from({ length: count }, () =>
      jsonEvent({ id: randomUUID(), type: 'Witnessed', data: { count } }),
    );
    const expectedRevision = expected.length === 0 ? 'no_stream' : BigInt(expected.length - 1);
    // The subscription may be told of them before the append is answered.
    expected.push(...events.map(({ id }) => id));
    const result = await this.timed(this.#client.appendToStream(stream, events, { expectedRevision }));
    if (Number(result.nextExpectedRevision) !== expected.length - 1) {
      throw new Error(`an append to ${stream} was answered with ${result.nextExpectedRevision}`);
    }
  }

  async #beRefused(stream) {
    const append = this.#client.appendToStream(stream, jsonEvent({ type: 'Never', data: {} }), {
      expectedRevision: 999_999n,
    });
    const error = await this.timed(append.catch((caught) => caught));
    if (!(error instanceof WrongExpectedVersionError)) throw new Error(`a wrong revision was answered with ${error}`);
  }

  async #compare(stream, expected, options) {
    const ids = await this.timed(this.#idsOf(stream, options));
    if (options.direction === 'backwards') ids.reverse();
    if (JSON.stringify(ids) !== JSON.stringify(expected)) {
      throw new Error(`a read of ${stream} gave ${ids.length} events that are not the ${expected.length} appended`);
    }
  }

  async #idsOf(stream, options) {
    const ids = [];
    for await (const { event } of this.#client.readStream(stream, options)) ids.push(event.id);
    return ids;
  }
}
