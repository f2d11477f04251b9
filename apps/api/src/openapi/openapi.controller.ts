import { Controller, Inject } from '@nestjs/common';
import { PublicRoute } from '../http/operation.js';

export const OPENAPI_DOCUMENT = Symbol('OpenApiDocument');

@Controller('openapi.json')
export class OpenApiController {
  constructor(@Inject(OPENAPI_DOCUMENT) private readonly document: object) {}

  @PublicRoute({ operation: 'getOpenApi', summary: 'This document', contentType: 'application/json' })
  getOpenApi(): object {
    return this.document;
  }
}
