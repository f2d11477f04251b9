import { ActOnCaseCommand, OpenCaseCommand } from '#libs/service-desk/nest';
import type { Office } from './office.js';
import { TIME_ZONE, type CaseAct } from './year/acts.js';

/** What is done on cases, which get their numbers as they are opened. */
export class CaseWork {
  readonly #ids = new Map<string, string>();
  readonly #steps = new Map<string, number>();

  constructor(private readonly office: Office) {}

  async do(act: CaseAct): Promise<void> {
    const { caseKey, kind, at } = act;
    const step = (this.#steps.get(caseKey) ?? 0) + 1;
    this.#steps.set(caseKey, step);
    const caller = this.office.callerOf(act, ['case', caseKey, step]);
    if (act.do === 'openCase') {
      const opening = new OpenCaseCommand({ ...caller, timeZone: TIME_ZONE }, { ...act.input, kind, openedAt: at });
      this.#ids.set(caseKey, (await this.office.execute(opening)).caseId);
      return;
    }
    const caseId = this.#ids.get(caseKey)!;
    const ofCaseId = act.duplicateOf === undefined ? undefined : this.#ids.get(act.duplicateOf)!;
    const input = { ...act.input, kind, caseId, at, ...(ofCaseId === undefined ? {} : { ofCaseId }) };
    await this.office.execute(new ActOnCaseCommand(caller, input));
  }
}
