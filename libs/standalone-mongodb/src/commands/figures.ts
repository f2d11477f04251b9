import type { PlainObject } from '../bson/build.js';

/** Names of mongod's counters, by the command that they count; every other command counts as `command`. */
const COUNTED: Readonly<Record<string, Counter>> = {
  insert: 'insert',
  find: 'query',
  update: 'update',
  delete: 'delete',
  getMore: 'getmore',
};

type Counter = 'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command';

/** What `serverStatus` tells of what the server did since it started. */
export class ServerFigures {
  connections = 0;
  connectionsMade = 0;
  readonly operations: Record<Counter, number> = { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 };

  /** Writes count by their statements, found under the name that `statementsOf` is asked for. */
  count(command: string, statementsOf: (name: string) => readonly unknown[]): void {
    const statements = STATEMENTS[command];
    this.operations[COUNTED[command] ?? 'command'] += statements === undefined ? 1 : statementsOf(statements).length;
  }

  get fields(): PlainObject {
    const opcounters = Object.entries(this.operations).map(([name, n]) => [name, BigInt(n)]);
    return {
      connections: {
        ...{ current: this.connections, available: MOST_CONNECTIONS - this.connections },
        ...{ totalCreated: BigInt(this.connectionsMade), active: this.connections },
      },
      opcounters: Object.fromEntries(opcounters) as PlainObject,
    };
  }
}

const STATEMENTS: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** mongod's default of net.maxIncomingConnections. */
const MOST_CONNECTIONS = 1_000_000;
