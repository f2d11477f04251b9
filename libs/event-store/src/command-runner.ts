import { Injectable } from '@nestjs/common';
import type { Decider, NewEvent } from '#libs/kernel';
import type { CommandContext, CommandResult } from './command.js';

@Injectable()
export class CommandRunner {
  execute<S, E extends NewEvent>(
    _decider: Decider<S, E>,
    _id: string,
    _context: CommandContext,
    _decide: (state: S) => readonly E[],
  ): Promise<CommandResult> {
    throw new Error('being built');
  }

  /** The present state, read up to the head of the stream. The state stays the runner's own: do not change it, do not keep it. */
  inspect<S, E extends NewEvent, R>(
    _decider: Decider<S, E>,
    _communityId: string,
    _id: string,
    _look: (state: S) => R,
  ): Promise<R> {
    throw new Error('being built');
  }
}
