import type { Role } from './roles.js';

/** Who asks, as the token says. */
export interface Principal {
  /** The token's subject: an id, no name. */
  readonly id: string;
  readonly role: Role;
  /** The communities that exist for the caller. */
  readonly communities: readonly string[];
  /** Accounts of an owner or a tenant. */
  readonly accounts: readonly string[];
}
