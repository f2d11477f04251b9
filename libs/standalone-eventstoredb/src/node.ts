import { Groups } from './persistent/groups.js';
import { Outlets } from './services/outlet.js';
import { Scavenges } from './services/operations.js';
import { Projections } from './projections/projections.js';
import { Appender } from './store/appender.js';
import { Deleter } from './store/deleter.js';
import { EventLog } from './store/event-log.js';
import { LogReader } from './store/log-reader.js';
import { seed } from './store/seed.js';

/** Everything of the server but the network. */
export class StoreNode {
  readonly outlets = new Outlets();
  readonly reader: LogReader;
  readonly appender: Appender;
  readonly deleter: Deleter;
  readonly groups: Groups;
  readonly projections: Projections;
  readonly scavenges: Scavenges;

  private constructor(readonly log: EventLog) {
    this.reader = new LogReader(log);
    this.appender = new Appender(log, this.reader);
    this.deleter = new Deleter(log);
    this.groups = new Groups(log, this.reader);
    this.projections = new Projections(log, this.reader);
    this.scavenges = new Scavenges(log);
  }

  static async open(dataDir: string): Promise<StoreNode> {
    const log = await EventLog.open(dataDir);
    await seed(log);
    return new StoreNode(log);
  }

  /** Stops what runs by itself, lets appends under way come to an end, and cancels the calls that would not. */
  async stop(): Promise<void> {
    this.groups.stop();
    await this.projections.stop();
    await this.scavenges.stopAny();
    await this.log.settled().catch(() => undefined);
    this.outlets.cancelAll();
  }

  /** Call when no call is served any more. */
  async close(): Promise<void> {
    await this.log.close();
  }
}
