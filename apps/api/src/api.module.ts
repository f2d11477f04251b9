import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { CollectionsModule } from '#libs/collections/nest';
import { EventStoreModule } from '#libs/event-store/nest';
import { PortfolioModule } from '#libs/portfolio/nest';
import { ReadStore } from '#libs/read-store';
import { ReceivablesModule } from '#libs/receivables/nest';
import { ServiceDeskModule } from '#libs/service-desk/nest';
import {
  ArrearsAgingReader,
  AuditTrailReader,
  CaseQueueReader,
  CurrentArrearsReader,
  LedgerReader,
  PortfolioReader,
  ServiceQualityReader,
} from '#projections';
import { API_OPTIONS, type ApiOptions } from './api-options.js';
import { OPERATIONS, USE_CASES } from './controllers.js';
import { IdempotencyClaims } from './http/idempotency.js';
import { ListCursors } from './http/list-cursors.js';
import { ProblemFilter } from './http/problem.filter.js';
import { QueryInterceptor } from './http/query.interceptor.js';
import { RefusedCommands } from './http/refused-commands.js';
import { openApiDocument } from './openapi/document.js';
import { OPENAPI_DOCUMENT } from './openapi/openapi.controller.js';
import { routesOf } from './openapi/routes.js';
import { Metrics } from './operations/metrics.js';
import { ReadinessCheck } from './operations/readiness.js';
import { EntityStates } from './reports/entity-states.js';
import { StreamHeads } from './reports/stream-heads.js';
import { AccessGuard } from './security/access.guard.js';
import { Communities } from './security/communities.js';
import { RefusedAttempts } from './security/refused-attempts.js';

const READERS = [
  ...[LedgerReader, PortfolioReader, ArrearsAgingReader, CurrentArrearsReader, AuditTrailReader],
  ...[CaseQueueReader, ServiceQualityReader],
];
const API_VERSION = '0.2.0';

/** The description of everything that is served. */
export function describeApi(): object {
  const routes = Object.entries(USE_CASES).flatMap(([tag, controllers]) => routesOf(tag, controllers));
  return openApiDocument([...routes, ...routesOf('operations', OPERATIONS)], API_VERSION);
}

@Module({})
export class ApiModule {
  static forRoot(options: ApiOptions): DynamicModule {
    const { eventStore, upcasters, clock, vault, readStore } = options;
    return {
      module: ApiModule,
      imports: [
        CqrsModule.forRoot(),
        EventStoreModule.forRoot({ eventStore, upcasters, clock, vault }),
        ...[PortfolioModule, ReceivablesModule, CollectionsModule, ServiceDeskModule],
      ],
      controllers: [...Object.values(USE_CASES).flat(), ...OPERATIONS],
      providers: [
        { provide: API_OPTIONS, useValue: options },
        { provide: OPENAPI_DOCUMENT, useFactory: describeApi },
        ...READERS.map((reader) => ({ provide: reader, useFactory: () => new reader(readStore) })),
        { provide: ReadStore, useValue: readStore },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...[
          Communities,
          RefusedAttempts,
          IdempotencyClaims,
          StreamHeads,
          EntityStates,
          ListCursors,
          Metrics,
          ReadinessCheck,
        ],
        ...[RefusedCommands, QueryInterceptor],
      ],
    };
  }
}
