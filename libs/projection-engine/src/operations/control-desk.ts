import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '#libs/kernel';
import type { ControlRequest, ControlRequests } from '#libs/read-store';
import { ProjectionError } from '../errors.js';
import type { OnProgress, Operator } from './operator.js';

export interface ControlDeskOptions {
  readonly requests: ControlRequests;
  readonly operator: Pick<Operator, 'execute'>;
  /** A line for whoever watches the program. */
  readonly say?: (line: string) => void;
  readonly pollMs?: number;
  /** Token of the lease under which it is done: what was begun under an earlier one is taken over at once. */
  readonly fence?: bigint;
  /** Done once, before the first request. */
  readonly prepare?: () => Promise<void>;
}

const POLL_MS = 250;
const REPORT_EVERY_MS = 1_000;
/** Work that a person waited for is not begun by surprise much later; a rebuild, and what was begun, is carried on whenever. */
const EXPIRES_MS = 60_000;

/** Tries of one request that end because a store is away or a connection broke, before that is what comes of it. */
const MOST_TRIES = 20;

/** Looks for work that others have asked for, and does it, one after the other. */
export class ControlDesk {
  private readonly runner = randomUUID();
  private readonly tries = new Map<string, number>();

  constructor(private readonly options: ControlDeskOptions) {}

  /** Returns when the signal aborts; what is under way then can be carried on by somebody else. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs = POLL_MS, say = () => undefined } = this.options;
    let prepare = this.options.prepare;
    while (!signal.aborted) {
      try {
        await prepare?.();
        prepare = undefined;
        if ((await this.serveNext(signal)) === 'served') continue;
      } catch (error) {
        if (!signal.aborted) say(`estate: read models: ${String(error)}`);
      }
      await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Carries out the oldest request that nobody works on, or the one that is named. 'later': it was cut off by a store that is away, or by the end of
   * this runner, and can be carried on; what was done comes again and changes nothing.
   */
  async serveNext(signal: AbortSignal, id?: string, onProgress?: OnProgress): Promise<'none' | 'served' | 'later'> {
    const { requests, fence = 0n } = this.options;
    const request = await requests.claim(this.runner, fence, id);
    if (!request) return 'none';
    const age = Date.now() - request.requestedAt.getTime();
    if (request.action !== 'rebuild' && request.begun === 1 && age > EXPIRES_MS) {
      const error = { code: 'REQUEST_EXPIRED', message: 'nobody was there to do it when it was asked for' };
      await requests.finish(request._id, this.runner, { error });
      return 'served';
    }
    return this.serve(request, signal, onProgress);
  }

  private async serve(
    request: ControlRequest,
    signal: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<'served' | 'later'> {
    const { requests, operator } = this.options;
    let progress: ControlRequest['progress'] = null;
    const report = (): void => void requests.report(request._id, this.runner, progress).catch(() => undefined);
    const beat = setInterval(report, REPORT_EVERY_MS);
    try {
      const result = await operator.execute(request, signal, (now) => {
        progress = { ...now };
        onProgress?.(now);
      });
      await requests.report(request._id, this.runner, progress);
      await requests.finish(request._id, this.runner, { result });
      return 'served';
    } catch (error) {
      if (signal.aborted || this.mayTryAgain(request, error)) {
        await requests.release(request._id, this.runner);
        return 'later';
      }
      await requests.finish(request._id, this.runner, { error: errorOf(error) });
      return 'served';
    } finally {
      clearInterval(beat);
    }
  }

  /** What is not a refusal is a store that is away, as it is to the runner that folds; and a lease that was lost is somebody else's, who carries it on. */
  private mayTryAgain({ _id }: ControlRequest, error: unknown): boolean {
    if (errorOf(error).code === 'LEASE_LOST') return true;
    const tries = (this.tries.get(_id) ?? 0) + 1;
    this.tries.set(_id, tries);
    return tries < MOST_TRIES && !(error instanceof DomainError || error instanceof ProjectionError);
  }
}

function errorOf(error: unknown): NonNullable<ControlRequest['error']> {
  const { code, message } = error as { code?: unknown; message?: string };
  return { code: typeof code === 'string' ? code : 'INTERNAL_ERROR', message: message ?? String(error) };
}
