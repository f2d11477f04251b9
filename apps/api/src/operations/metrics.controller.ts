import { Controller, Header } from '@nestjs/common';
import { PublicRoute } from '../http/operation.js';
import { Metrics } from './metrics.js';
import { ReadinessCheck } from './readiness.js';

@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly readiness: ReadinessCheck,
  ) {}

  @PublicRoute({ operation: 'getMetrics', summary: 'Figures for Prometheus', contentType: 'text/plain' })
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async getMetrics(): Promise<string> {
    // What can be told is told, whether or not the stores answer.
    return this.metrics.text(await this.readiness.lag().catch(() => []));
  }
}
