import { Controller, Res } from '@nestjs/common';
import type { HttpReply } from '../http/http-types.js';
import { PublicRoute } from '../http/operation.js';
import { ReadinessCheck, type Readiness } from './readiness.js';

@Controller('health')
export class HealthController {
  constructor(private readonly readiness: ReadinessCheck) {}

  @PublicRoute({
    operation: 'isLive',
    summary: 'Whether the process runs',
    at: 'live',
    contentType: 'application/json',
  })
  isLive(): object {
    return { status: 'live' };
  }

  @PublicRoute({
    operation: 'isReady',
    summary: 'Whether the stores answer and the read models keep up; 503 when not',
    at: 'ready',
    contentType: 'application/json',
  })
  async isReady(@Res({ passthrough: true }) reply: HttpReply): Promise<Readiness> {
    const readiness = await this.readiness.check();
    if (!readiness.ready) reply.status(503);
    return readiness;
  }
}
