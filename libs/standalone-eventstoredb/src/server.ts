import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_MESSAGE_BYTES } from './direct-call.js';
import { type GuardedServer, guardedServer } from './guarded-server.js';
import { Listener } from './listener.js';
import { StoreNode } from './node.js';
import { addServices, directMethods } from './services/all-services.js';
import type { Address } from './services/info.js';

export interface EventStoreServerOptions {
  /** Folder of the files; created if missing. One server at a time. */
  readonly dataDir: string;
  /** Address to listen on: a loopback address, unless `allowRemote` is set. */
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
  /** Permits an address that other machines can reach. There is no authentication: whoever reaches it may do anything. */
  readonly allowRemote?: boolean;
}

export interface EventStoreServer {
  readonly port: number;
  /** Rejects when the server can't go on: its files are gone. */
  readonly failed: Promise<never>;
  /** Refuses new calls, cancels running ones, finishes appends under way and closes the files. */
  close(): Promise<void>;
}

const FAREWELL_MS = 20;
/**
 * A connection that does not answer a ping is ended: its client is gone, or has broken the protocol (Node then reads no
 * further, and would keep the connection for ever).
 */
const PING_AFTER_MS = 10_000;
const PONG_WITHIN_MS = 20_000;

/** Starts a server over a data folder. Rejects when the folder or the address can't be used. */
export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  if (!isLoopback(options.host) && options.allowRemote !== true) {
    throw new Error(
      `${options.host} is not a loopback address, and this server has no authentication (see allowRemote)`,
    );
  }
  const node = await StoreNode.open(options.dataDir);
  const grpcOptions = {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': PING_AFTER_MS,
    'grpc.keepalive_timeout_ms': PONG_WITHIN_MS,
  };
  const guarded = guardedServer(grpcOptions, directMethods(node));
  const grpc = guarded.server;
  const address: Address = { instanceId: randomUUID(), host: options.host, port: options.port };
  const listener = new Listener(grpc, node, address);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= stop(guarded, listener, node));
  addServices(grpc, node, address, close);
  try {
    address.port = await listener.listen(options.host, options.port);
  } catch (error) {
    await close();
    throw error;
  }
  return { port: address.port, failed: node.log.failed, close };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

async function stop(guarded: GuardedServer, listener: Listener, node: StoreNode): Promise<void> {
  guarded.refuseCalls();
  await node.stop();
  // The answers and cancellations on their way should reach the clients.
  await delay(FAREWELL_MS);
  guarded.cancelLasting();
  await delay(FAREWELL_MS);
  guarded.server.forceShutdown();
  await listener.close();
  await node.close();
}
