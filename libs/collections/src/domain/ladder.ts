/** How a reminder reaches the payer. */
export type Channel = 'sms' | 'app' | 'phone' | 'written-notice' | 'demand-letter';

/** One step of the ladder; the rung's name is its day counted from the due date. */
export interface Rung {
  readonly rung: string;
  readonly daysFromDue: number;
  readonly channels: readonly Channel[];
}

/** D9 defaults. Day +31 is no reminder: it makes an item eligible for legal review, which a person approves (D15). */
export const REMINDER_LADDER: readonly Rung[] = [
  { rung: '-5', daysFromDue: -5, channels: ['sms', 'app'] },
  { rung: '0', daysFromDue: 0, channels: ['sms', 'app'] },
  { rung: '+1', daysFromDue: 1, channels: ['sms', 'app'] },
  { rung: '+7', daysFromDue: 7, channels: ['phone'] },
  { rung: '+15', daysFromDue: 15, channels: ['written-notice'] },
  { rung: '+25', daysFromDue: 25, channels: ['demand-letter'] },
];

/** R1.3, D9: more than 30 days overdue. */
export const LEGAL_REVIEW_FROM_DAY = 31;
