import { Injectable, Optional } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsNotEmpty, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Vault } from '#libs/event-store';
import { DomainError, parseCommunityId, parseId, type Json } from '#libs/kernel';
import type { Envelope } from '../domain/party.js';
import { PartyInput, type Caller } from './portfolio-command.js';

/** What is known of a person or an organization: never stored but sealed. */
export class PartyDetailsInput {
  @IsString()
  @IsNotEmpty()
  name!: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  phones?: string[];

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  emails?: string[];

  @IsOptional()
  @IsString()
  address?: string;
}

export class DetailedPartyInput extends PartyInput {
  @ValidateNested()
  @Type(() => PartyDetailsInput)
  details!: PartyDetailsInput;
}

/** Details as an event may hold them, and as a command's input may. */
export interface SealedDetails {
  readonly envelope: Envelope;
  /** Stands for the details where commands are compared: of no use for guessing once the party is erased. */
  readonly fingerprint: string;
}

/** Personal details of parties, under one key per party (R4.3). */
@Injectable()
export class PersonalDetails {
  constructor(@Optional() private readonly vault?: Vault) {}

  /** @throws DomainError SUBJECT_ERASED, ID_INVALID, VAULT_MISSING */
  async seal(caller: Caller, { partyId, details }: DetailedPartyInput): Promise<SealedDetails> {
    const subject = subjectOf(caller, partyId);
    const plain = JSON.parse(JSON.stringify(details)) as Json;
    const vault = this.#required();
    return { envelope: await vault.seal(subject, plain), fingerprint: await vault.fingerprint(subject, plain) };
  }

  /** Makes everything sealed for the party unreadable for ever. Twice is as good as once. @throws DomainError VAULT_MISSING */
  async destroy(caller: Caller, partyId: string): Promise<void> {
    const { actor, correlationId } = caller;
    const access = { actor, purpose: 'erasure', ...(correlationId === undefined ? {} : { correlationId }) };
    await this.#required().destroy(subjectOf(caller, partyId), access);
  }

  #required(): Vault {
    if (!this.vault) throw new DomainError('VAULT_MISSING', 'Personal data needs the vault, which is not configured');
    return this.vault;
  }
}

function subjectOf({ communityId }: Caller, partyId: string) {
  return { communityId: parseCommunityId(communityId), subject: `party/${parseId(partyId)}` };
}
