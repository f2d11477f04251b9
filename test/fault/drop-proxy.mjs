import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A TCP proxy to a port of this machine whose connections can be reset, all at once. */
export async function startDropProxy(port) {
  const pairs = new Set();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const pair = [client, upstream];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };
  const close = async () => {
    drop();
    server.close();
    await once(server, 'close');
  };
  return { port: server.address().port, drop, close };
}
