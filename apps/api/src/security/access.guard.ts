import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { PAYER_ROLES, type Principal } from '#libs/access';
import { CLOCK } from '#libs/event-store/nest';
import { commandIdOf, DomainError, localDateOf, parseCommunityId, type Clock, type LocalDate } from '#libs/kernel';
import { DEFAULT_CURRENCY, DEFAULT_TIME_ZONE, type RegisteredCommunity } from '#libs/portfolio';
import type { Caller } from '#libs/receivables/nest';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { headerOf, type HttpRequest, type RequestFacts } from '../http/http-types.js';
import { IdempotencyClaims, targetOf } from '../http/idempotency.js';
import { OPERATION, type CommandOperation, type Operation, type QueryOperation } from '../http/operation-types.js';
import { Communities } from './communities.js';
import { isAllowed } from './permissions.js';
import { RateLimit } from './rate-limit.js';
import { RefusedAttempts } from './refused-attempts.js';

const KEY = /^[\x21-\x7e]{1,128}$/;
const TAG = /^"(\d{1,19})"$/;
const TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who asks, for which community, and whether the role may: before anything else of the request is looked at. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #limit: RateLimit;

  constructor(
    private readonly communities: Communities,
    private readonly refused: RefusedAttempts,
    private readonly claims: IdempotencyClaims,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
  ) {
    this.#limit = new RateLimit(options.requestsPerSecond);
  }

  /** @throws DomainError TOKEN_…, RATE_EXCEEDED, COMMUNITY_NOT_FOUND, ROLE_NOT_ALLOWED, ACCOUNT_NOT_FOUND, and of the headers */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as Operation | undefined;
    if (operation?.kind === 'public') return true;
    // A route without an operation is in no table, so nobody may use it.
    if (!operation) throw new DomainError('ROUTE_NOT_FOUND', 'There is nothing at this address');
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const principal = await this.#principalOf(request);
    if (!this.#limit.take(principal.id)) throw new DomainError('RATE_EXCEEDED', 'Too many requests; try again later');
    const acrossCommunities = operation.kind === 'query' && operation.acrossCommunities === true;
    const communityId = acrossCommunities ? '' : knownTo(principal, request.params['communityId']);
    const community = acrossCommunities ? undefined : await this.#communityOf(communityId, operation);
    if (!isAllowed(principal.role, operation.operation))
      await this.#refuseRole(principal, operation, communityId, community, request);
    requireOwnAccount(principal, request);
    const caller = callerOf(request, operation, { principal, communityId, receivedAt: this.clock.now() });
    request.facts = new Facts(operation, principal, communityId, caller, community);
    if (operation.kind === 'command' && !caller.drawn) await this.#claim(operation, caller.commandId, request);
    return true;
  }

  async #claim(operation: CommandOperation, commandId: string, request: HttpRequest): Promise<void> {
    const target = targetOf(operation, request);
    if (await this.claims.claim(commandId, target)) request.claimed = target;
  }

  async #principalOf(request: HttpRequest): Promise<Principal> {
    const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(headerOf(request, 'authorization') ?? '') ?? [];
    if (token === undefined) throw new DomainError('TOKEN_MISSING', 'Send Authorization: Bearer <token>');
    return this.options.verifyToken(token, new Date(this.clock.now()));
  }

  async #communityOf(communityId: string, operation: Operation): Promise<RegisteredCommunity | undefined> {
    const community = this.communities.known(communityId) ?? (await this.communities.find(communityId));
    if (!community && !(operation.kind === 'command' && operation.beforeRegistration)) throw communityNotFound();
    return community;
  }

  async #refuseRole(
    { id, role }: Principal,
    { operation }: CommandOperation | QueryOperation,
    communityId: string,
    community: RegisteredCommunity | undefined,
    request: HttpRequest,
  ): Promise<never> {
    const code = 'ROLE_NOT_ALLOWED';
    if (community) {
      const { timeZone } = community;
      await this.refused.record({
        communityId,
        timeZone,
        operation,
        code,
        actor: { id, role },
        correlationId: request.id,
      });
    }
    throw new DomainError(code, `The role ${role} may not do this: ${operation}`);
  }
}

class Facts implements RequestFacts {
  readonly currency: string;
  readonly timeZone: string;

  constructor(
    readonly operation: CommandOperation | QueryOperation,
    readonly principal: Principal,
    readonly communityId: string,
    readonly caller: Caller,
    community: RegisteredCommunity | undefined,
  ) {
    this.currency = community?.currency ?? DEFAULT_CURRENCY;
    this.timeZone = community?.timeZone ?? DEFAULT_TIME_ZONE;
  }

  get today(): LocalDate {
    return localDateOf(this.caller.receivedAt, this.timeZone);
  }
}

/** Communities that the token does not name do not exist for its bearer. */
function knownTo({ communities }: Principal, text = ''): string {
  let communityId: string;
  try {
    communityId = parseCommunityId(text);
  } catch {
    throw communityNotFound();
  }
  if (!communities.includes(communityId)) throw communityNotFound();
  return communityId;
}

function communityNotFound(): DomainError {
  return new DomainError('COMMUNITY_NOT_FOUND', 'There is no such community');
}

function requireOwnAccount({ role, accounts }: Principal, { params }: HttpRequest): void {
  const accountId = params['accountId']?.normalize();
  if (accountId === undefined || !PAYER_ROLES.has(role) || accounts.includes(accountId)) return;
  throw new DomainError('ACCOUNT_NOT_FOUND', 'There is no such account');
}

interface Asking {
  readonly principal: Principal;
  readonly communityId: string;
  readonly receivedAt: string;
}

function callerOf(request: HttpRequest, operation: Operation, { principal, communityId, receivedAt }: Asking): Caller {
  const traceparent = request.span?.traceparent ?? headerOf(request, 'traceparent');
  return {
    ...commandIdFor(communityId, headerOf(request, 'idempotency-key')),
    actor: { id: principal.id, role: principal.role },
    communityId,
    receivedAt,
    correlationId: request.id,
    ...(traceparent !== undefined && TRACE.test(traceparent) ? { traceparent } : {}),
    ...preconditionOf(request, operation),
  };
}

/** The same key in the same community is the same command. @throws DomainError IDEMPOTENCY_KEY_INVALID */
function commandIdFor(communityId: string, key: string | undefined): { commandId: string; drawn: boolean } {
  if (key === undefined) return { commandId: randomUUID(), drawn: true };
  if (!KEY.test(key)) throw new DomainError('IDEMPOTENCY_KEY_INVALID', 'A key has 1 to 128 visible ASCII characters');
  return { commandId: commandIdOf(communityId, 'http', key), drawn: false };
}

function preconditionOf(request: HttpRequest, operation: Operation): { ifRevision?: bigint } {
  const text = headerOf(request, 'if-match');
  if (text === undefined || operation.kind !== 'command') return {};
  const [, revision] = TAG.exec(text) ?? [];
  if (!operation.ifMatch || revision === undefined) {
    throw new DomainError('PRECONDITION_INVALID', 'If-Match takes the one entity tag that the resource was read with');
  }
  return { ifRevision: BigInt(revision) };
}
