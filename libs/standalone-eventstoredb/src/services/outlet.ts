import { type RpcError, cancelled, toRpcError } from '../errors.js';

/** What is needed of a call that sends. */
export interface SendingCall {
  readonly cancelled: boolean;
  write(message: Buffer): boolean;
  end(): unknown;
  on(event: 'cancelled' | 'close' | 'error' | 'drain', listener: () => void): unknown;
  /** Ends the call with a status. */
  fail(error: RpcError): void;
}

/** A call of grpc-js. */
interface GrpcCall extends Omit<SendingCall, 'fail'> {
  emit(event: 'error', error: Error): boolean;
}

/** The sending side of a streaming call: back-pressure as a promise, the end of the call as an abort signal. */
export class Outlet {
  private readonly controller = new AbortController();
  private readonly waiting = new Set<() => void>();
  private over = false;

  constructor(private readonly call: SendingCall | GrpcCall) {
    const stop = (): void => this.stop();
    call.on('cancelled', stop);
    call.on('close', stop);
    call.on('error', stop);
    call.on('drain', () => this.wake());
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get closed(): boolean {
    return this.over || this.call.cancelled;
  }

  /** Sends a message. False: what is buffered should first be taken; await {@link drained} before sending more. */
  send(message: Buffer): boolean {
    return this.over || this.call.write(message);
  }

  /** Settles when the buffer is empty or the call is over. */
  drained(): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  end(): void {
    if (!this.closed) this.call.end();
    this.stop();
  }

  /** Ends the call with a status. */
  fail(error: unknown): void {
    const rpcError: RpcError = toRpcError(error);
    if (!this.closed) {
      if ('fail' in this.call) this.call.fail(rpcError);
      else this.call.emit('error', rpcError);
    }
    this.stop();
  }

  private stop(): void {
    if (!this.over) {
      this.over = true;
      this.controller.abort();
    }
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

/** The calls under way that would not come to an end by themselves. */
export class Outlets {
  private readonly open = new Set<Outlet>();
  private readonly incomplete = new Set<() => void>();

  outletOf(call: SendingCall | GrpcCall): Outlet {
    const outlet = new Outlet(call);
    this.open.add(outlet);
    outlet.signal.addEventListener('abort', () => this.open.delete(outlet));
    return outlet;
  }

  /** Keeps what ends a call whose request has not come to its end. Returns what takes it back. */
  keep(end: () => void): () => void {
    this.incomplete.add(end);
    return () => void this.incomplete.delete(end);
  }

  /** Ends them all, as a node does that shuts down. */
  cancelAll(): void {
    for (const end of [...this.incomplete]) end();
    for (const outlet of [...this.open]) outlet.fail(cancelled('the server is shutting down'));
  }
}
