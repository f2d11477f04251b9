import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ActOnCaseHandler } from './application/act-on-case.handler.js';
import { CaseCommands } from './application/case-commands.js';
import { OpenCaseHandler } from './application/open-case.handler.js';

/** Command handlers of this context; wants the global EventStoreModule, with a vault, beside it. */
@Module({ imports: [CqrsModule], providers: [CaseCommands, OpenCaseHandler, ActOnCaseHandler] })
export class ServiceDeskModule {}
