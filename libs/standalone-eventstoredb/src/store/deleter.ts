import type { ExpectedRevision } from '../wire/append-request.js';
import type { AppendOutcome } from './appender.js';
import type { EventLog, Written } from './event-log.js';
import { isSoftDeleted, metastreamOf, softDeletion } from './stream-metadata.js';
import type { StreamInfo } from './stream-info.js';

/** Deletes streams: softly (they may come back, their revisions go on) or for ever (a tombstone). */
export class Deleter {
  constructor(private readonly log: EventLog) {}

  async delete(stream: string, expected: ExpectedRevision): Promise<AppendOutcome> {
    const info = this.log.streams.open(stream);
    const metastream = this.log.streams.open(metastreamOf(stream));
    const refused = this.refusal(info, expected);
    if (refused !== undefined) return refused;
    if (info.last < 0 && metastream.last < 0) return { kind: 'wrong-revision', current: -1 };
    return appended(await this.log.append(metastream, [softDeletion()]));
  }

  async tombstone(stream: string, expected: ExpectedRevision): Promise<AppendOutcome> {
    const info = this.log.streams.open(stream);
    return this.refusal(info, expected) ?? appended(await this.log.tombstone(info));
  }

  private refusal(info: StreamInfo, expected: ExpectedRevision): AppendOutcome | undefined {
    if (info.tombstoned) return { kind: 'deleted' };
    const wrong: AppendOutcome = { kind: 'wrong-revision', current: info.last };
    switch (expected) {
      case 'any':
        return undefined;
      case 'no_stream':
        return info.last < 0 || isSoftDeleted(info) ? undefined : wrong;
      case 'stream_exists':
        if (isSoftDeleted(info)) return { kind: 'deleted' };
        return info.last < 0 && this.log.streams.open(metastreamOf(info.name)).last < 0 ? wrong : undefined;
      default:
        return expected === info.last ? undefined : wrong;
    }
  }
}

function appended(written: Written): AppendOutcome {
  return { kind: 'appended', ...written };
}
