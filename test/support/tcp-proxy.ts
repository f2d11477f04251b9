import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens to the bytes of all connections, present and new ones. */
export type ProxyMode =
  | 'pass'
  /** Nothing goes either way; the connections stay up. */
  | 'stall'
  /** Requests reach the server, its answers do not come back. */
  | 'swallow-answers'
  /** Connections are reset at once. */
  | 'refuse';

/** A TCP proxy that fails on demand, for tests of what happens when the network does. */
export class TcpProxy {
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>();
  readonly #server;
  #mode: ProxyMode = 'pass';
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((client) => this.#accept(client, target));
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#pairs.size;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const [client, server] of this.#pairs) this.#apply(client, server);
  }

  /** Resets every connection; new ones are accepted as the mode says. */
  drop(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket, target: { host: string; port: number }): void {
    this.accepted++;
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(target);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (this.#mode !== 'swallow-answers') client.write(bytes);
    });
    this.#apply(client, server);
  }

  #apply(client: Socket, server: Socket): void {
    if (this.#mode === 'refuse') return this.drop();
    for (const socket of [client, server]) {
      if (this.#mode === 'stall') socket.pause();
      else socket.resume();
    }
  }
}
