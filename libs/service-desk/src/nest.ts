/** The commands of this context and the module of their handlers; apart from the index, so that a program without Nest does not load it. */
export { type Caller } from './application/case-commands.js';
export {
  OpenCaseCommand,
  OpenCaseInput,
  SEVERITIES,
  type CaseCaller,
  type OpenedCaseResult,
} from './application/open-case.handler.js';
export {
  ActOnCaseCommand,
  ActOnCaseInput,
  CASE_COMMANDS,
  type CaseCommandName,
} from './application/act-on-case.handler.js';
export { ServiceDeskModule } from './service-desk.module.js';
