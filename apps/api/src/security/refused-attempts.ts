import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CommandRunner } from '#libs/event-store';
import { CLOCK } from '#libs/event-store/nest';
import { localDateOf, type Actor, type Clock, type Decider, type NewEvent } from '#libs/kernel';

type AttemptRefused = NewEvent<'AttemptRefused', { readonly operation: string; readonly code: string }>;

/** One stream per community and day: nothing is decided on it. */
const refusedAttempts: Decider<null, AttemptRefused> = {
  category: 'security',
  initialState: () => null,
  evolve: () => null,
  handles: new Set(['AttemptRefused']),
};

export interface RefusedAttempt {
  readonly communityId: string;
  readonly timeZone: string;
  readonly actor: Actor;
  readonly operation: string;
  readonly code: string;
  readonly correlationId: string;
}

/** Attempts at what somebody may not do become facts, and so entries of the audit trail (D12). */
@Injectable()
export class RefusedAttempts {
  constructor(
    private readonly runner: CommandRunner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async record({ communityId, timeZone, actor, operation, code, correlationId }: RefusedAttempt): Promise<void> {
    const occurredAt = this.clock.now();
    const effectiveOn = localDateOf(occurredAt, timeZone);
    const data = { operation, code };
    const context = { commandId: randomUUID(), input: data, actor, communityId, correlationId };
    await this.runner.execute(refusedAttempts, effectiveOn, context, () => [
      { type: 'AttemptRefused', data, effectiveOn, occurredAt },
    ]);
  }
}
