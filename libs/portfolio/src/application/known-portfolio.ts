import { Injectable } from '@nestjs/common';
import { CommandRunner } from '#libs/event-store';
import { parseCommunityId } from '#libs/kernel';
import { communityDecider, requireCommunity, type RegisteredCommunity } from '../domain/community.js';
import { partyDecider, requireParty } from '../domain/party.js';

/**
 * What a command about a unit or a party needs to know of other streams. A registration is never undone, so it can't go
 * stale.
 */
@Injectable()
export class KnownPortfolio {
  constructor(private readonly runner: CommandRunner) {}

  /** @throws DomainError COMMUNITY_UNKNOWN, ID_INVALID */
  community(communityId: string): Promise<RegisteredCommunity> {
    const id = parseCommunityId(communityId);
    return this.runner.inspect(communityDecider, id, id, requireCommunity);
  }

  /** @throws DomainError PARTY_UNKNOWN */
  async party(communityId: string, partyId: string): Promise<void> {
    await this.runner.inspect(
      partyDecider,
      parseCommunityId(communityId),
      partyId,
      (state) => void requireParty(state),
    );
  }
}
