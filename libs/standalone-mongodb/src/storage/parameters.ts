/** What `setParameter` changes while the server runs. */
export class ServerParameters {
  /** Seconds between two passes over the TTL indexes. */
  ttlMonitorSleepSecs = 60;
  ttlMonitorEnabled = true;
  /** Told of every change. */
  changed: () => void = () => undefined;
}
