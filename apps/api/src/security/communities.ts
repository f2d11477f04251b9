import { Injectable } from '@nestjs/common';
import { CommandRunner } from '#libs/event-store';
import { communityDecider, type RegisteredCommunity } from '#libs/portfolio';

/** Registered communities. A registration is never undone or changed, so what is known stays known. */
@Injectable()
export class Communities {
  readonly #known = new Map<string, RegisteredCommunity>();

  constructor(private readonly runner: CommandRunner) {}

  /** What has been found before. */
  known(communityId: string): RegisteredCommunity | undefined {
    return this.#known.get(communityId);
  }

  async find(communityId: string): Promise<RegisteredCommunity | undefined> {
    const known = this.#known.get(communityId);
    if (known) return known;
    const found = await this.runner.inspect(communityDecider, communityId, communityId, (state) =>
      state.status === 'Registered' ? { ...state } : undefined,
    );
    if (found) this.#known.set(communityId, found);
    return found;
  }
}
