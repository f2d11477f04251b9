import { EventStoreDBClient } from '@eventstore/db-client';
import * as grpc from '@grpc/grpc-js';

/** Calls over one channel of the client, with bytes in and decoded messages out. */
export class RawClient extends grpc.Client {}

/**
 * The parts of the client (6.2.1, pinned) that its own commands are made of: connection, discovery of the leader, credentials and
 * reconnecting. They are protected, not public. What is not used of it is what loses appends: its batch-append stream keeps the
 * promises of all clients of a process in one module-global table, and the answer to an append that was rejected there because
 * another client's stream failed ends the process.
 */
interface ClientParts {
  getGRPCClient(type: typeof RawClient, name: string): Promise<RawClient>;
  callArguments(
    options: { requiresLeader?: boolean },
    callOptions?: grpc.CallOptions,
  ): [grpc.Metadata, grpc.CallOptions];
  handleError(client: grpc.Client, error: Error): Promise<void>;
  dispose(): Promise<void>;
  getChannel(): Promise<grpc.Channel>;
}

/** A connection to a server or cluster, by connection string. */
export class Connection {
  readonly #client: ClientParts;
  #closed = false;
  #used = false;

  constructor(url: string) {
    // Whatever the string says, a wrong expected revision is an error, not a success with a flag.
    const safe = withParameter(url, 'throwOnAppendFailure', 'true');
    this.#client = EventStoreDBClient.connectionString(safe) as unknown as ClientParts;
  }

  get closed(): boolean {
    return this.#closed;
  }

  client(): Promise<RawClient> {
    if (this.#closed) return Promise.reject(unavailable('the connection is closed'));
    this.#used = true;
    return this.#client.getGRPCClient(RawClient, 'estate-ledger');
  }

  /** Metadata and options of a call without the client's deadline: time is kept by the callers, who know what silence means. */
  arguments(requiresLeader: boolean): [grpc.Metadata, grpc.CallOptions] {
    return this.#client.callArguments({ requiresLeader }, { deadline: Infinity });
  }

  /**
   * Gives up the channel on which a call failed, so that the next call connects anew (to the leader, if the error names it). The
   * client does so only for some errors; silence counts as Unavailable here.
   */
  async giveUp(client: grpc.Client, error: Error): Promise<void> {
    try {
      await this.#client.handleError(client, isRefusal(error) || hasLeader(error) ? error : unavailable(error.message));
    } catch {
      // The channel could not even be made (no leader was found): the next call looks for one again.
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#client.dispose();
    if (!this.#used) return;
    await this.#client.getChannel().then(
      (open) => open.close(),
      () => undefined,
    );
  }
}

/** An error as gRPC gives it, for failures that gRPC did not see. */
export function unavailable(details: string): grpc.ServiceError {
  const parts = { code: grpc.status.UNAVAILABLE, details, metadata: new grpc.Metadata() };
  return Object.assign(new Error(`UNAVAILABLE: ${details}`), parts);
}

const REFUSALS = new Map<grpc.status, string>([
  [grpc.status.UNAUTHENTICATED, 'STORE_ACCESS_DENIED'],
  [grpc.status.PERMISSION_DENIED, 'STORE_ACCESS_DENIED'],
  [grpc.status.INVALID_ARGUMENT, 'STORE_INVALID_ARGUMENT'],
  [grpc.status.UNIMPLEMENTED, 'STORE_UNSUPPORTED'],
]);
const REFUSING_EXCEPTIONS = new Map<string, string>([
  ['access-denied', 'STORE_ACCESS_DENIED'],
  ['stream-deleted', 'STREAM_DELETED'],
]);

/** The stable code of an error that trying again cannot heal; undefined for all others. */
export function refusalCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const service = error as grpc.ServiceError;
  const exception = service.metadata?.getMap?.()['exception']?.toString();
  return REFUSING_EXCEPTIONS.get(exception ?? '') ?? REFUSALS.get(service.code);
}

function isRefusal(error: Error): boolean {
  return refusalCode(error) !== undefined;
}

function hasLeader(error: Error): boolean {
  const metadata = (error as Partial<grpc.ServiceError>).metadata;
  return metadata instanceof grpc.Metadata && metadata.get('leader-endpoint-host').length > 0;
}

function withParameter(url: string, name: string, value: string): string {
  const [base, query = ''] = url.split('?', 2) as [string, string?];
  const others = query
    .split('&')
    .filter((pair) => pair !== '' && pair.split('=')[0]?.toLowerCase() !== name.toLowerCase());
  return `${base}?${[...others, `${name}=${value}`].join('&')}`;
}
