import { DomainError } from '#libs/kernel';
import { parseBuild, type ControlAction, type ControlRequest } from '#libs/read-store';
import { compareBuilds } from './compare-builds.js';
import { discardParked } from './discard-parked.js';
import type { Workshop } from './parked-sequence.js';
import { rebuild, type Hold, type RebuildOptions } from './rebuild.js';
import { retryParked } from './retry-parked.js';
import { dropBuilds, rollBack, switchBuild, type OperationLog } from './switch-build.js';

export interface OperatorOptions extends Workshop {
  readonly log: OperationLog;
  readonly hold: Hold;
  /** Fencing token under which the registry is changed. */
  readonly fence?: () => bigint;
}

export type OnProgress = NonNullable<RebuildOptions['onProgress']>;

/** Carries out what is asked for. The order matters everywhere: cut off at any point, the same request once more comes to the same end. */
export class Operator {
  constructor(private readonly options: OperatorOptions) {}

  /** @throws DomainError with a stable code, when it is refused */
  execute(request: ControlRequest, signal: AbortSignal, onProgress: OnProgress): Promise<object> {
    const { hold, log } = this.options;
    const { _id: id, args, by } = request;
    const name = args['name'] ?? '';
    const how = { id, by, fence: this.options.fence?.() ?? 0n, accept: args['accept'] ?? null };
    switch (request.action satisfies ControlAction) {
      case 'rebuild':
        return rebuild(name, this.options, how, { hold, signal, onProgress });
      case 'compare':
        return hold(() => compareBuilds(name, this.options));
      case 'switch':
        return hold(() => switchBuild(name, how, log, this.options));
      case 'rollback':
        return hold(() => rollBack(name, how, log, this.options));
      case 'drop':
        return hold(() => dropBuilds(name, buildOf(args['build']), how, this.options));
      case 'retry':
        return hold(() => this.retry(args['id'] ?? null, (request.begun ?? 1) > 1));
      case 'discard':
        return hold(() => discardParked(args['id'] ?? '', { ...how, reason: args['reason'] ?? '' }, log, this.options));
    }
  }

  /**
   * One sequence, or all of them in order of position: one that fails again does not hold up the others. What is not there any more was done by the
   * runner that was cut off, if there was one.
   */
  private async retry(id: string | null, wasBegun: boolean): Promise<object> {
    const { parked } = this.options.store;
    if (id !== null && (!wasBegun || (await parked.find(id))))
      return { sequences: [await retryParked(id, this.options)] };
    const ids: string[] = [];
    if (id === null) for await (const { _id } of parked.listHeads()) ids.push(_id);
    const sequences: object[] = [];
    for (const one of ids) {
      // Folded with another one meanwhile.
      if (await parked.find(one)) sequences.push(await retryParked(one, this.options));
    }
    return { sequences };
  }
}

function buildOf(text: string | null | undefined) {
  if (text === null || text === undefined) return null;
  const build = parseBuild(text);
  if (!build) throw new DomainError('BUILD_INVALID', `not a build, as in 1 or 2.r2: '${text}'`);
  return build;
}
