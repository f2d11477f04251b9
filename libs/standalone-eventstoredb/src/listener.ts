import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server as NetServer, type Socket, createServer } from 'node:net';
import { type Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { answerHttp } from './http.js';
import type { StoreNode } from './node.js';
import type { Address } from './services/info.js';

/** HTTP/2 begins with `PRI * HTTP/2.0`: three bytes tell it from the methods of HTTP/1.1. */
const HTTP2_START = 'PRI';
/** A connection that does not say which it is, is ended after this. */
const SILENT_MS = 10_000;

/** One port for gRPC and for the little HTTP/1.1 that there is, as EventStoreDB has it. */
export class Listener {
  private readonly net: NetServer;
  private readonly http: HttpServer;
  private readonly sockets = new Set<Socket>();
  private readonly injector: ReturnType<GrpcServer['createConnectionInjector']>;

  constructor(grpc: GrpcServer, node: StoreNode, address: Address) {
    this.injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.http = createHttpServer((request, response) => answerHttp(node, address, request, response));
    this.net = createServer((socket) => this.accept(socket));
  }

  /** Resolves with the port; rejects when the address can't be used. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.net.once('error', reject);
      this.net.listen(port, host, () => {
        this.net.off('error', reject);
        // A connection that could not be taken (too many files open) must not end the server.
        this.net.on('error', (error) => console.error(`listening: ${error.message}`));
        resolve((this.net.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more connections and ends the ones there are. */
  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.net.close(() => resolve()));
    this.http.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    return closed;
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(SILENT_MS, () => socket.destroy());
    let start = Buffer.alloc(0);
    const look = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      start = Buffer.concat([start, bytes]);
      if (start.length < HTTP2_START.length) return;
      socket.off('readable', look);
      socket.setTimeout(0).removeAllListeners('timeout');
      // Put back once only: bytes put back are announced as readable again.
      socket.unshift(start);
      if (start.toString('latin1', 0, HTTP2_START.length) === HTTP2_START) this.injector.injectConnection(socket);
      else this.http.emit('connection', socket);
    };
    socket.on('readable', look);
  }
}
