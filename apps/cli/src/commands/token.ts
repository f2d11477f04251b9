import { isRole, issueToken, ownTokenKey, ROLES, tokenKeyFileOf } from '#libs/access';
import { DomainError, parseCommunityId, parseId, systemClock } from '#libs/kernel';
import type { CommandRun } from '../session.js';

export interface TokenOptions {
  readonly role: string;
  readonly community: readonly string[];
  readonly subject?: string;
  readonly account?: readonly string[];
  readonly hours: string;
}

const SECONDS_PER_HOUR = 3600;
const SUBJECT = /^[\w.@:/|+-]{1,128}$/;

/**
 * `estate token`: prints a bearer token of the installation's own key: the data folder's, or that of ESTATE_TOKEN_KEY_FILE. Without either tokens
 * come from the identity provider.
 */
export const run: CommandRun<TokenOptions> = (session, _args, options) =>
  session.withRuntime(async ({ folder }) => {
    const keyFile = session.env['ESTATE_TOKEN_KEY_FILE'] || (folder && tokenKeyFileOf(folder.vault));
    if (!keyFile) throw new DomainError('NOT_STANDALONE', 'tokens for real servers come from the identity provider');
    const { role, subject = role } = options;
    if (!isRole(role)) throw new DomainError('ROLE_INVALID', `--role is one of ${ROLES.join(', ')}`);
    if (!SUBJECT.test(subject)) throw new DomainError('SUBJECT_INVALID', '--subject is an id of 1 to 128 characters');
    const hours = /^\d{1,5}$/.test(options.hours) ? Number(options.hours) : 0;
    if (hours === 0) throw new DomainError('HOURS_INVALID', '--hours is a whole number, at least 1');
    const principal = {
      ...{ id: subject, role },
      communities: options.community.map((id) => parseCommunityId(id)),
      accounts: (options.account ?? []).map((id) => parseId(id)),
    };
    const issuedAt = Math.floor(Date.parse(systemClock.now()) / 1000);
    const key = await ownTokenKey(keyFile);
    const token = await issueToken(key, principal, { issuedAt, lifeSeconds: hours * SECONDS_PER_HOUR });
    await session.answer.line(session.json ? JSON.stringify({ token }) : token);
  });
