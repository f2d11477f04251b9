/** A stream as the writer sees it: with what is on its way to the disk. */
export interface StreamInfo {
  /** 0 until something of the stream is stored. */
  id: number;
  readonly name: string;
  readonly nameBytes: Buffer;
  /** Last revision, −1 for none; appends under way included. */
  last: number;
  /** Last revision that is on disk. */
  committed: number;
  /** Appends under way: such a stream stays in memory. */
  pending: number;
  truncateBefore: number;
  maxCount: number | null;
  maxAgeSeconds: number | null;
  tombstoned: boolean;
}
