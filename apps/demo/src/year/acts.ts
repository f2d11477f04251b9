import type { Role } from '#libs/access';
import { addMilliseconds, localMidnight, type Instant, type LocalDate } from '#libs/kernel';
import type { CaseKind } from '#libs/service-desk';
import type { ActOnCaseInput, OpenCaseInput } from '#libs/service-desk/nest';

export const TIME_ZONE = 'Asia/Shanghai';
export const CURRENCY = 'CNY';

/** Somebody does something at an instant; what a subject's acts are about happens in their order. */
interface Act {
  readonly at: Instant;
  readonly role: Role;
  /** Who of that role: separation of duties is about persons. */
  readonly agent: string;
}

/** How much is paid: an amount in minor units, or as the payer reads it from the bill. */
export type PaidAmount = bigint | 'all-open' | 'half-of-open' | 'open-in-hundreds';

/** What is done on an account; `do` is the operation's name in the API. */
export type AccountAct = Act & { readonly accountId: string } & (
    | {
        readonly do: 'assessFee';
        readonly item: string;
        readonly reference: string;
        readonly minor: bigint;
        readonly dueOn: LocalDate;
        readonly period: { readonly from: LocalDate; readonly to: LocalDate };
      }
    | {
        readonly do: 'receivePayment';
        readonly reference: string;
        readonly amount: PaidAmount;
        readonly method: string;
        /** References of the fees that the payer says it is for. */
        readonly designated?: readonly string[];
      }
    | { readonly do: 'reversePayment'; readonly payment: string; readonly reason: string }
    | { readonly do: 'reverseFee'; readonly fee: string; readonly reason: string }
    | { readonly do: 'openDispute'; readonly reference: string; readonly fee: string }
    | { readonly do: 'progressDispute'; readonly reference: string }
    | { readonly do: 'liftHold'; readonly reason: string }
  );

/** What is done on a case. Its number is not known before it is opened: until then it goes by `caseKey`. */
export type CaseAct = Act & { readonly caseKey: string; readonly kind: CaseKind } & (
    | { readonly do: 'openCase'; readonly input: Omit<OpenCaseInput, 'kind' | 'openedAt'> }
    | {
        readonly do: CaseOperation;
        readonly input: Pick<ActOnCaseInput, 'command' | 'text' | 'handler' | 'team' | 'severity' | 'rung'>;
        /** Of mark-duplicate: the other case. */
        readonly duplicateOf?: string;
      }
  );

export type CaseOperation =
  | 'acknowledgeCase'
  | 'acceptCase'
  | 'assignCase'
  | 'reportProgress'
  | 'answerCase'
  | 'awaitCustomer'
  | 'resumeCase'
  | 'escalateCase'
  | 'resolveCase'
  | 'verifyCase'
  | 'reopenCase'
  | 'closeCase'
  | 'withdrawCase'
  | 'rejectCase'
  | 'markDuplicateCase';

/** The instant of a local time of day, in minutes from midnight. */
export function localInstant(date: LocalDate, minutes: number): Instant {
  return addMilliseconds(localMidnight(date, TIME_ZONE), minutes * 60_000);
}
