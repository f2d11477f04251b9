import { addDays, daysBetween, divideHalfUp, parseLocalDate, parseReference, type LocalDate } from '#libs/kernel';
import type { AccountEvent, LateFeeBasis, LateFeeRule } from './account.events.js';
import { refuse } from './account.errors.js';
import { chargeItem } from './account.decisions.js';
import { requireOpen, type AccountState, type LateFeeItem, type PrincipalItem } from './account.state.js';
import { requireItem, requireMoneyRole, type DecisionContext } from './decision-support.js';

export interface AssessLateFee {
  readonly forItemId: string;
  readonly reference: string;
  /** The late fee's own due date; by default the day of the charge. */
  readonly dueOn?: LocalDate;
}

const MILLION = 1_000_000n;

/**
 * Charges the late fee of one fee up to and including `context.effectiveOn` (D6). A charge follows the previous one: no
 * day is charged twice. Nothing to charge (no unpaid day, all on hold, less than half a minor unit, cap reached) gives
 * no event, and the days stay for the next charge.
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, ITEM_UNKNOWN, ITEM_ALREADY_REVERSED, LATE_FEE_ON_LATE_FEE,
 * LATE_FEE_WITHOUT_TARIFF, TOTAL_TOO_LARGE, DATE_INVALID, REFERENCE_INVALID
 */
export function assessLateFee(state: AccountState, command: AssessLateFee, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  const principal = requireItem(account, command.forItemId);
  if (principal.kind === 'late-fee') throw refuse('LATE_FEE_ON_LATE_FEE', 'A late fee bears no late fee');
  if (principal.reversedOn !== null) throw refuse('ITEM_ALREADY_REVERSED', 'The fee has been reversed');
  if (principal.tariff === null) throw refuse('LATE_FEE_WITHOUT_TARIFF', 'A fee without a tariff bears no late fee');
  const { effectiveOn, occurredAt } = context;
  const charge = lateFeeUpTo(principal, principal.tariff.lateFee, effectiveOn);
  if (!charge) return [];
  const reference = parseReference(command.reference);
  const dueOn = parseLocalDate(command.dueOn ?? effectiveOn);
  const { forItemId } = command;
  return chargeItem(account, charge.minor, dueOn, context, (common) => ({
    type: 'LateFeeAssessed',
    data: { ...common, reference, forItemId, basis: charge.basis },
    effectiveOn,
    occurredAt,
  }));
}

/**
 * @returns the charge of the days not charged yet, up to `to`; undefined when it comes to nothing. Amounts in minor
 * units.
 */
export function lateFeeUpTo(
  principal: PrincipalItem,
  rule: LateFeeRule,
  to: LocalDate,
): { readonly minor: bigint; readonly basis: LateFeeBasis } | undefined {
  const live = principal.lateFees.filter((fee) => fee.reversedOn === null);
  const from = firstDay(principal, rule, live);
  if (from === undefined || from > to) return undefined;
  const { balanceDays, days } = unpaidDays(principal, from, to);
  const uncapped = divideHalfUp(balanceDays * BigInt(rule.ppmPerDay), MILLION);
  const charged = live.reduce((sum, fee) => sum + fee.amountMinor, 0n);
  const room = divideHalfUp(principal.amountMinor * BigInt(rule.capPpm), MILLION) - charged;
  const capped = uncapped > room;
  const minor = capped ? room : uncapped;
  if (minor <= 0n) return undefined;
  const { ppmPerDay, graceDays, capPpm } = rule;
  return {
    minor,
    basis: { from, to, days, balanceDays: balanceDays.toString(), ppmPerDay, graceDays, capPpm, capped },
  };
}

/** The day after grace, or after the last charge that stands. Undefined beyond the end of the calendar. */
function firstDay(
  { dueOn }: PrincipalItem,
  { graceDays }: LateFeeRule,
  live: readonly LateFeeItem[],
): LocalDate | undefined {
  if (graceDays >= daysBetween(dueOn, LAST_DAY)) return undefined;
  let from = addDays(dueOn, graceDays + 1);
  for (const { basis } of live) {
    const to = basis?.to ?? '';
    if (to >= LAST_DAY) return undefined;
    if (to >= from) from = addDays(to, 1);
  }
  return from;
}

const LAST_DAY: LocalDate = '9999-12-31';

/**
 * Σ over days d of from…to, not on hold, of the balance at the start of d; by stretches of equal balance, not by day.
 * Both the balance at the start of d and the holds change only on the days collected here.
 */
function unpaidDays(principal: PrincipalItem, from: LocalDate, to: LocalDate) {
  const changes = balanceChanges(principal);
  const starts = [...new Set([from, ...changes.map((c) => c.from), ...holdEdges(principal)])].filter(
    (d) => d >= from && d <= to,
  );
  starts.sort();
  let balanceDays = 0n;
  let days = 0;
  starts.forEach((start, i) => {
    const next = starts[i + 1];
    const length = next === undefined ? daysBetween(start, to) + 1 : daysBetween(start, next);
    const balance = changes.reduce((sum, c) => (c.from <= start ? sum + c.minor : sum), 0n);
    if (balance === 0n || onHold(principal, start)) return;
    balanceDays += balance * BigInt(length);
    days += length;
  });
  return { balanceDays, days };
}

/** A fact of day e changes the balance at the start of the day after: a payment on d counts from d + 1. */
function balanceChanges(principal: PrincipalItem): { from: LocalDate; minor: bigint }[] {
  const changes = [{ on: principal.effectiveOn, minor: principal.amountMinor }];
  for (const { effectiveOn, undoneOn, amountMinor } of principal.allocations) {
    changes.push({ on: effectiveOn, minor: -amountMinor });
    if (undoneOn !== null) changes.push({ on: undoneOn, minor: amountMinor });
  }
  return changes.filter(({ on }) => on < LAST_DAY).map(({ on, minor }) => ({ from: addDays(on, 1), minor }));
}

function holdEdges(principal: PrincipalItem): LocalDate[] {
  return principal.holds.flatMap(({ placedOn, liftedOn }) => (liftedOn === null ? [placedOn] : [placedOn, liftedOn]));
}

function onHold(principal: PrincipalItem, day: LocalDate): boolean {
  return principal.holds.some(({ placedOn, liftedOn }) => placedOn <= day && (liftedOn === null || day < liftedOn));
}
