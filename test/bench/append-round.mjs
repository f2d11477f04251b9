/**
 * Single appends with as many in flight: the whole command path (bus, handler, runner: load from the cache, decide, encode, append,
 * confirm) against the bare client appending events of the same size to as many streams of its own, in turns on the same server.
 *
 *   node append-round.mjs '{"eventstoreUrl": URL, "commands": N, "rounds": N, "inFlight": N}'
 *   → {"rounds": [{"bare", "command"}]}   milliseconds
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { EventStore } from '#libs/event-store';
import { EventStoreModule } from '#libs/event-store/nest';
import { AssessFeeCommand, OpenAccountCommand, ReceivablesModule } from '#libs/receivables/nest';
import { answer } from './child.mjs';
import { timed } from './figures.mjs';
import { accountIdOf, actor, currency } from './made-up-log.mjs';

const ACCOUNTS = 512;
const COMMUNITY = 'appends';
const { eventstoreUrl, commands, rounds, inFlight } = JSON.parse(process.argv[2]);

class BenchModule {}

async function openBus(eventStore) {
  const imports = [CqrsModule.forRoot(), EventStoreModule.forRoot({ eventStore }), ReceivablesModule];
  const app = await NestFactory.createApplicationContext({ module: BenchModule, imports }, { logger: false });
  await app.init();
  return { bus: app.get(CommandBus), close: () => app.close() };
}

const callerOf = () => ({
  commandId: randomUUID(),
  actor,
  communityId: COMMUNITY,
  receivedAt: new Date().toISOString(),
});
const dated = (number) => ({ accountId: accountIdOf(number), effectiveOn: '2026-01-20' });

function feeOf(number, n) {
  const fee = { item: 'property-fee', amount: { currency, minor: `${20_000 + n}` }, dueOn: '2026-02-05' };
  return new AssessFeeCommand(callerOf(), { ...dated(number), ...fee, reference: '2026-02' });
}

async function run() {
  const eventStore = EventStore.connect(eventstoreUrl);
  const client = EventStoreDBClient.connectionString(eventstoreUrl);
  const { bus, close } = await openBus(eventStore);
  await timed(ACCOUNTS, inFlight, (n) =>
    bus.execute(new OpenAccountCommand(callerOf(), { ...dated(n), currency, timeZone: 'Asia/Shanghai' })),
  );
  const [sample] = await sampleOf(eventStore, await bus.execute(feeOf(0, 0)));
  const ways = {
    command: (n) => bus.execute(feeOf(n % ACCOUNTS, n)),
    bare: (n) => client.appendToStream(`bare-${n % ACCOUNTS}`, jsonEvent({ ...sample, id: randomUUID() })),
  };
  const measured = [];
  for (let round = -1; round < rounds; round += 1) {
    const turn = {};
    for (const way of round % 2 === 0 ? ['bare', 'command'] : ['command', 'bare']) {
      turn[way] = await timed(commands, inFlight, ways[way]);
    }
    // The first round warms up.
    if (round >= 0) measured.push(turn);
  }
  await close();
  await Promise.all([eventStore.close(), client.dispose()]);
  return { rounds: measured };
}

async function sampleOf(store, { stream, revision }) {
  for await (const page of store.readStream(stream, { fromRevision: revision })) {
    return page.map(({ type, data, metadata }) => ({ type, data, metadata }));
  }
  throw new Error('nothing was appended');
}

answer(await run());
