import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Doc } from './bson/document.js';
import { CommandContext } from './commands/context.js';
import { Cursors } from './commands/cursors.js';
import { dispatch } from './commands/dispatch.js';
import { FindById } from './commands/find-by-id.js';
import { ServerFigures } from './commands/figures.js';
import { nextHello } from './commands/handshake.js';
import { Catalog } from './storage/catalog.js';
import { Environment } from './storage/environment.js';
import { renewOldFile } from './storage/renew.js';
import { renewTextKeys } from './storage/text-keys.js';
import { startTtlMonitor } from './storage/ttl.js';
import { emptyFolder } from './storage/work-space.js';
import { Connection } from './wire/connection.js';
import type { Request } from './wire/message.js';
import { errorReply } from './wire/reply.js';

export interface MongoServerOptions {
  /** The folder of the lmdb files; made when it is not there. */
  readonly dataDir: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How much of the files may be mapped into memory beside what other users of the process map; 48 MiB unless told. */
  readonly mappedBytes?: number;
}

export interface MongoServer {
  readonly port: number;
  /** Resolves when the files cannot be used any more: the server answers every command with an error. */
  readonly failed: Promise<Error>;
  /** How often the files were opened again to let go of memory. */
  readonly reopenings: number;
  /** Ends the connections, writes what was decided, and closes the files. */
  close(): Promise<void>;
}

/** Starts a server of MongoDB's wire protocol over the documents in `dataDir`. */
export async function startMongoServer(options: MongoServerOptions): Promise<MongoServer> {
  const { host, port } = options;
  const catalog = await openCatalog(options);
  const cursors = new Cursors();
  const findById = new FindById(catalog);
  const sockets = new Set<Socket>();
  const figures = new ServerFigures();
  const server = createServer((socket) => {
    const connectionId = register(socket, sockets, figures);
    const remote = `${socket.remoteAddress}:${socket.remotePort}`;
    const handle = async (request: Request): Promise<Doc> => {
      try {
        const found = findById.answer(request);
        if (found === undefined) {
          return await dispatch(new CommandContext(catalog, cursors, request, connectionId, remote, figures));
        }
        figures.operations.query += 1;
        return found;
      } catch (error) {
        return errorReply(error);
      }
    };
    new Connection(socket, handle, nextHello);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    await catalog.close();
    throw error;
  }
  const stopTtl = startTtlMonitor(catalog);
  return {
    port: (server.address() as AddressInfo).port,
    failed: catalog.env.failed,
    get reopenings() {
      return catalog.env.reopenings;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      cursors.close();
      stopTtl();
      await catalog.close();
    },
  };
}

async function openCatalog({ dataDir, mappedBytes }: MongoServerOptions): Promise<Catalog> {
  await renewOldFile(dataDir);
  const catalog = new Catalog(new Environment(dataDir, mappedBytes === undefined ? {} : { mappedBytes }));
  await renewTextKeys(catalog);
  catalog.parameters.folder = emptyFolder(dataDir);
  return catalog;
}

/** Counts a connection while it lasts; returns its number. */
function register(socket: Socket, sockets: Set<Socket>, figures: ServerFigures): number {
  sockets.add(socket);
  figures.connections += 1;
  figures.connectionsMade += 1;
  socket.once('close', () => {
    sockets.delete(socket);
    figures.connections -= 1;
  });
  return figures.connectionsMade;
}
