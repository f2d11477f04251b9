import { addDays, daysBetween, type LocalDate } from '#libs/kernel';
import { localInstant, type AccountAct, type PaidAmount } from './acts.js';
import type { Household } from './households.js';
import type { Random } from './random.js';

/** A month's fee: billed ten days before it is due, by the 5th (R1.3). */
interface Bill {
  readonly reference: string;
  readonly month: number;
  readonly billedOn: LocalDate;
  readonly dueOn: LocalDate;
  readonly period: { readonly from: LocalDate; readonly to: LocalDate };
}

const MINUTES_PER_HOUR = 60;
const ELECTRONIC = ['wechat', 'alipay', 'transfer'] as const;

/** Everything that a household and those who deal with its account do in a year, in order of time. */
export function planAccount(household: Household, year: number, random: Random): AccountAct[] {
  const bills = billsOf(household, year);
  const acts = new AccountActs(household.accountId, random);
  if (household.habit === 'moving') chargeMoveIn(acts, household, year);
  for (const bill of bills) acts.bill(bill, household.monthlyMinor);
  payAsUsual(acts, household, bills, year, random);
  return acts.inOrder();
}

/** The months that are billed regularly, the first of the next year included: it is not due yet when the year ends. */
function billsOf({ habit, from, to }: Household, year: number): Bill[] {
  const firstMonth = habit === 'moving' ? 13 : Number(from.slice(5, 7));
  const lastMonth = to === null ? 13 : Number(to.slice(5, 7));
  return Array.from({ length: 13 }, (_, index) => billOf(year, index + 1)).filter(
    ({ month }) => month >= firstMonth && month <= lastMonth,
  );
}

function billOf(year: number, month: number): Bill {
  const first = monthStart(year, month);
  const dueOn = addDays(first, 4);
  // The books open on New Year's day.
  const billedOn = month === 1 ? first : addDays(dueOn, -10);
  const to = addDays(monthStart(year, month + 1), -1);
  return { reference: first.slice(0, 7), month, billedOn, dueOn, period: { from: first, to } };
}

function monthStart(year: number, month: number): LocalDate {
  return `${year + Math.floor((month - 1) / 12)}-${String(((month - 1) % 12) + 1).padStart(2, '0')}-01`;
}

/** D10: the contract's six months at once, due 30 days after the occupancy starts. */
function chargeMoveIn(acts: AccountActs, { from, monthlyMinor }: Household, year: number): void {
  const period = { from, to: `${year}-12-31` };
  acts.assess(from, {
    item: 'initial-payment',
    reference: 'move-in',
    minor: 6n * monthlyMinor,
    dueOn: addDays(from, 30),
    period,
  });
  acts.pay(addDays(from, 21), 'all-open');
}

type Habits = Readonly<Record<Household['habit'], (bill: Bill, acts: AccountActs, random: Random) => void>>;

const PAYS: Habits = {
  punctual: onTime,
  moving: onTime,
  late: (bill, acts, random) => acts.pay(addDays(bill.dueOn, random.between(3, 35)), 'all-open'),
  partial: (bill, acts, random) => {
    acts.pay(beforeDue(bill, random), 'half-of-open');
    acts.pay(addDays(bill.dueOn, random.between(12, 40)), 'all-open');
  },
  // Half a year ahead, in January and in July; the fees that follow are paid by the credit.
  prepaid: ({ month, dueOn }, acts) => (month % 6 === 1 ? acts.pay(addDays(dueOn, -1), 'six-months') : undefined),
  overpaid: (bill, acts, random) => acts.pay(beforeDue(bill, random), 'open-in-hundreds'),
  bounced: (bill, acts, random) => {
    const paidOn = beforeDue(bill, random);
    const bounces = bill.month % 4 === 3;
    acts.pay(paidOn, 'all-open', { method: bounces ? 'cheque' : 'transfer' });
    if (!bounces) return;
    acts.reverseLastPayment(addDays(paidOn, 4), 'cheque-returned');
    acts.pay(addDays(paidOn, 15), 'all-open', { method: 'cash' });
  },
  never: () => undefined,
  'gives-up': (bill, acts, random) => (bill.month <= 4 ? onTime(bill, acts, random) : undefined),
  // One month is left out, and each later one paid by name, so that the gap stays until October.
  designated: (bill, acts, random) => {
    if (bill.month === 3) return;
    const isGap = bill.month > 3 && bill.month < 10;
    acts.pay(beforeDue(bill, random), isGap ? 'one-month' : 'all-open', isGap ? { designated: [bill.reference] } : {});
  },
  quarterly: ({ month, dueOn }, acts, random) =>
    month % 3 === 0 ? acts.pay(addDays(dueOn, random.between(1, 10)), 'all-open') : undefined,
  disputing: onTime,
};

function payAsUsual(
  acts: AccountActs,
  { habit, monthlyMinor }: Household,
  bills: readonly Bill[],
  year: number,
  random: Random,
): void {
  const disputed = habit === 'disputing' ? random.between(4, 9) : 0;
  const upheld = random.chance(50);
  for (const bill of bills) {
    if (bill.month === disputed) dispute(acts, bill, { upheld, monthlyMinor, year });
    else PAYS[habit](bill, acts.sized(monthlyMinor), random);
  }
}

function onTime(bill: Bill, acts: AccountActs, random: Random): void {
  acts.pay(beforeDue(bill, random), 'all-open');
}

/** Most pay as soon as the bill is there, some when they are reminded. */
function beforeDue({ billedOn, dueOn }: Bill, random: Random): LocalDate {
  const days = daysBetween(billedOn, dueOn);
  return addDays(billedOn, random.chance(85) ? random.between(1, Math.min(4, days)) : random.between(1, days));
}

/** R1.4, D8: the fee is on hold until the dispute is decided, then charged anew or paid as it was. */
function dispute(
  acts: AccountActs,
  bill: Bill,
  { upheld, monthlyMinor, year }: { upheld: boolean; monthlyMinor: bigint; year: number },
): void {
  const openedOn = addDays(bill.billedOn, 3);
  const decidedOn = addDays(openedOn, 16);
  const reference = `dispute-${year}-${bill.month}`;
  acts.add(openedOn, 'case-manager', { do: 'openDispute', reference, fee: bill.reference });
  acts.add(addDays(openedOn, 2), 'case-manager', { do: 'progressDispute', reference: `${reference}/owners-assembly` });
  acts.add(addDays(openedOn, 9), 'case-manager', {
    do: 'progressDispute',
    reference: `${reference}/documents-checked`,
  });
  if (upheld) {
    acts.add(decidedOn, 'finance-manager', { do: 'reverseFee', fee: bill.reference, reason: 'dispute-upheld' });
    const { period } = bill;
    const minor = (monthlyMinor * 4n) / 5n;
    const fee = {
      item: 'property-fee',
      reference: `${bill.reference}/corrected`,
      minor,
      dueOn: addDays(decidedOn, 15),
      period,
    };
    acts.assess(decidedOn, fee);
  }
  acts.add(decidedOn, 'finance-manager', { do: 'liftHold', reason: upheld ? 'dispute-upheld' : 'dispute-rejected' });
  acts.pay(addDays(decidedOn, 3), 'all-open');
}

type Doing = AccountAct extends infer A
  ? A extends AccountAct
    ? Omit<A, 'at' | 'role' | 'agent' | 'accountId'>
    : never
  : never;
type Fee = Omit<Extract<AccountAct, { do: 'assessFee' }>, 'do' | 'at' | 'role' | 'agent' | 'accountId'>;
type Amount = PaidAmount | 'one-month' | 'six-months';

/** Collects the acts on one account, each with somebody who may do it (D12). */
class AccountActs {
  private readonly acts: AccountAct[] = [];
  private payments = 0;
  private monthlyMinor = 0n;
  private minutes = 9 * MINUTES_PER_HOUR;

  constructor(
    private readonly accountId: string,
    private readonly random: Random,
  ) {}

  /** What a month costs, for amounts that are told in months. */
  sized(monthlyMinor: bigint): this {
    this.monthlyMinor = monthlyMinor;
    return this;
  }

  bill({ reference, billedOn, dueOn, period }: Bill, minor: bigint): void {
    this.assess(billedOn, { item: 'property-fee', reference, minor, dueOn, period });
  }

  assess(on: LocalDate, fee: Fee): void {
    this.add(on, 'billing-clerk', { do: 'assessFee', ...fee }, 8 * MINUTES_PER_HOUR + 30);
  }

  pay(on: LocalDate, amount: Amount, { method, designated }: { method?: string; designated?: string[] } = {}): void {
    this.payments += 1;
    const months = amount === 'one-month' ? 1n : amount === 'six-months' ? 6n : undefined;
    this.add(on, 'cashier', {
      do: 'receivePayment',
      reference: this.#payment(),
      amount: months === undefined ? (amount as PaidAmount) : months * this.monthlyMinor,
      method: method ?? this.random.pick(ELECTRONIC),
      ...(designated ? { designated } : {}),
    });
  }

  reverseLastPayment(on: LocalDate, reason: string): void {
    this.add(on, 'finance-manager', { do: 'reversePayment', payment: this.#payment(), reason });
  }

  /** @param minutes of the day; by default some time in office hours, later for each act of the plan */
  add(on: LocalDate, role: AccountAct['role'], doing: Doing, minutes = this.#officeTime()): void {
    const by = { role, agent: `${role}-1`, accountId: this.accountId };
    this.acts.push({ at: localInstant(on, minutes), ...by, ...doing } as AccountAct);
  }

  inOrder(): AccountAct[] {
    return this.acts
      .map((act, index) => ({ act, index }))
      .sort((a, b) => (a.act.at < b.act.at ? -1 : a.act.at > b.act.at ? 1 : a.index - b.index))
      .map(({ act }) => act);
  }

  #payment(): string {
    return `payment-${this.payments}`;
  }

  #officeTime(): number {
    this.minutes =
      9 * MINUTES_PER_HOUR +
      ((this.minutes - 9 * MINUTES_PER_HOUR + this.random.between(7, 90)) % (9 * MINUTES_PER_HOUR));
    return this.minutes;
  }
}
