/** The part of the driver that is not in its types: documents that are BSON already, sent as they are. The driver's version is pinned. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    /** Takes the place of the field of that name in a command. */
    constructor(field: string);
    /** `serialized`: one or more documents as BSON, one behind the other; `document` is for those who watch commands. */
    push(document: object, serialized: Uint8Array): number;
  }
}

declare module 'mongodb/lib/cmap/connection.js' {
  import type { EventEmitter } from 'node:events';

  export class Connection extends EventEmitter {
    /** Why it closed; set before it says `close`. */
    readonly error: Error | null;
    writeCommand(command: unknown, options: unknown): Promise<void>;
  }
}
