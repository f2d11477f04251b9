/** The part of the driver that is not in its types: documents that are BSON already, sent as they are. The driver's version is pinned. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    /** Takes the place of the field of that name in a command. */
    constructor(field: string);
    /** `serialized`: one or more documents as BSON, one behind the other; `document` is for those who watch commands. */
    push(document: object, serialized: Uint8Array): number;
  }
}
