/** What `setParameter` changes while the server runs. */
export class ServerParameters {
  /** Seconds between two passes over the TTL indexes. */
  ttlMonitorSleepSecs = 60;
  ttlMonitorEnabled = true;
  /** What a sort, and a group, may hold in memory. */
  sortBytes = 100 * 1024 * 1024;
  groupBytes = 100 * 1024 * 1024;
  /** What all sorts hold together at the moment. */
  readonly held = { bytes: 0 };
  /** For temporary files; undefined: nothing goes to disk. */
  folder: string | undefined;
  /** Told of every change. */
  changed: () => void = () => undefined;
}
