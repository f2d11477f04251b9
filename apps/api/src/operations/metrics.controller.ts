import { Controller, Header, Inject } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { PublicRoute } from '../http/operation.js';
import { Metrics } from './metrics.js';
import { ReadinessCheck } from './readiness.js';

@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly readiness: ReadinessCheck,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
  ) {}

  @PublicRoute({ operation: 'getMetrics', summary: 'Figures for Prometheus', contentType: 'text/plain' })
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async getMetrics(): Promise<string> {
    // What can be told is told, whether or not the stores answer.
    const status = await this.readiness.status().catch(() => undefined);
    return this.metrics.text(status, this.options.figures?.() ?? []);
  }
}
